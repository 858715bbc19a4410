package stream

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/parallel"
)

// SessionStore lists, ends and counts the sessions of users.
type SessionStore interface {
	SessionEnder

	// ListSessions returns the sessions that follow the session after, newest first.
	ListSessions(ctx context.Context, userID, after string, limit int) (page []account.Session, more bool, err error)
	// CountSession adds a session to those that a user started in an hour, and returns
	// their number. It is safe to repeat.
	CountSession(ctx context.Context, userID, family string, hour time.Time) (int, error)
	// BlockLogin refuses logins of a phone number until a time, because maxSessions were
	// started in an hour.
	BlockLogin(ctx context.Context, phone string, maxSessions int, until time.Time) error
}

// LimitSessions returns a Handler that ends the oldest sessions of a user who has more
// than maximum, once in a batch: the list that it reads has the later sessions too. A user who
// starts more than that in an hour cannot log in for the rest of it, so that logins and logouts
// do not fill the list of revocations.
func LimitSessions(store SessionStore, maximum int, now func() time.Time) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		session, started := e.(event.SessionStarted)
		if !started {
			return nil
		}
		hour := now().Truncate(time.Hour)
		n, err := store.CountSession(ctx, session.User.ID, session.SessionID, hour)
		if err == nil && n > maximum {
			err = store.BlockLogin(ctx, session.User.Phone, maximum, hour.Add(time.Hour))
		}
		if err != nil || slices.ContainsFunc(earlier, func(e event.Event) bool { _, started := e.(event.SessionStarted); return started }) {
			return err
		}
		return endOldest(ctx, store, session.User.ID, maximum, now())
	}
}

// maxConcurrentEnds limits the concurrent writes of endOldest.
const maxConcurrentEnds = 8

// endOldest ends all sessions of a user but the newest.
func endOldest(ctx context.Context, store SessionStore, userID string, newest int, at time.Time) error {
	for after, more := "", true; more; {
		var page []account.Session
		var err error
		if page, more, err = store.ListSessions(ctx, userID, after, newest); err != nil || len(page) == 0 {
			return err
		}
		if after != "" {
			err = parallel.ForEach(page, maxConcurrentEnds, func(s account.Session) error {
				_, err := store.EndSession(ctx, userID, s.Family, at)
				return err
			})
		}
		if err != nil {
			return err
		}
		after = page[len(page)-1].Family
	}
	return nil
}

// SocketCloser closes the oldest sockets of users.
type SocketCloser interface {
	// CloseOldest closes the oldest sockets of a user, so that keep remain with the one
	// that was just opened. It is safe to repeat.
	CloseOldest(ctx context.Context, userID, opened string, keep int) error
}

// LimitSockets returns a Handler that closes the oldest sockets of a user who has more
// than maximum.
func LimitSockets(closer SocketCloser, maximum int) Handler {
	return on(func(ctx context.Context, e event.SocketOpened) error {
		return closer.CloseOldest(ctx, e.UserID, e.ConnectionID, maximum)
	})
}
