package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/event"
)

// SessionStore lists, ends and counts the sessions of users.
type SessionStore interface {
	SessionEnder

	// ListSessions returns the sessions that follow the session after, newest first.
	ListSessions(ctx context.Context, userID, after string, limit int) (page []account.Session, more bool, err error)
	// CountSession adds a session to those that a user started in an hour, and returns
	// their number. It is safe to repeat.
	CountSession(ctx context.Context, userID, family string, hour time.Time) (int, error)
	// BlockLogin refuses logins of a phone number until a time.
	BlockLogin(ctx context.Context, phone string, until time.Time) error
}

// LimitSessions returns a Handler that ends the oldest sessions of a user who has more
// than maximum. A user who starts more than that in an hour cannot log in for the rest of
// it, so that logins and logouts do not fill the list of revocations.
func LimitSessions(store SessionStore, maximum int, now func() time.Time) Handler {
	return on(func(ctx context.Context, e event.SessionStarted) error {
		hour := now().Truncate(time.Hour)
		started, err := store.CountSession(ctx, e.User.ID, e.SessionID, hour)
		if err == nil && started > maximum {
			err = store.BlockLogin(ctx, e.User.Phone, hour.Add(time.Hour))
		}
		var page []account.Session
		more := true
		for after := ""; err == nil && more; {
			if page, more, err = store.ListSessions(ctx, e.User.ID, after, maximum); err != nil || len(page) == 0 {
				break
			}
			if after != "" {
				err = endSessions(ctx, store, page, now())
			}
			after = page[len(page)-1].Family
		}
		return err
	})
}

func endSessions(ctx context.Context, store SessionStore, sessions []account.Session, at time.Time) error {
	for _, s := range sessions {
		if _, err := store.EndSession(ctx, s.User.ID, s.Family, at); err != nil {
			return err
		}
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
