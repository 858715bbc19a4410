package realtime

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"ticketsystem/pkg/user"
)

// Closer closes connections. It returns ErrGone if one is closed already, or is still being
// opened.
type Closer interface {
	Close(ctx context.Context, connectionID string) error
}

// Disconnector closes the sockets of a user.
type Disconnector struct {
	Store  Store
	Closer Closer
}

// CloseUser closes the user's sockets, except those whose rights the revocation
// permits. The $disconnect event that follows deletes the stored connection.
func (d *Disconnector) CloseUser(ctx context.Context, userID string, r user.Revocation) error {
	return d.closeMatching(ctx, userID, func(principal user.Principal) bool { return !r.Permits(principal) })
}

// CloseSession closes the user's sockets that were opened in the session.
func (d *Disconnector) CloseSession(ctx context.Context, userID, session string) error {
	return d.closeMatching(ctx, userID, func(principal user.Principal) bool { return principal.Session == session })
}

// closeMatching closes the user's sockets whose principal matches.
func (d *Disconnector) closeMatching(ctx context.Context, userID string, matches func(user.Principal) bool) error {
	subscribers, err := d.Store.Subscribers(ctx, UserTopic(userID))
	if err != nil {
		return err
	}
	var errs []error
	for _, s := range subscribers {
		c, found, err := d.Store.Connection(ctx, s.ConnectionID)
		if err == nil && found && matches(c.Principal) {
			err = d.close(ctx, c)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// close closes a connection. One that is gone may not be open yet: it is deleted, so that it can
// do nothing even if it opens. One that has subscribed was open, and is left to its $disconnect
// event, which publishes the presence of its tickets.
func (d *Disconnector) close(ctx context.Context, c Connection) error {
	err := d.Closer.Close(ctx, c.ID)
	if !errors.Is(err, ErrGone) {
		return err
	}
	if slices.ContainsFunc(c.Topics, func(topic string) bool { return topic != UserTopic(c.Principal.UserID) }) {
		return nil
	}
	_, _, err = d.Store.DeleteConnection(ctx, c.ID)
	return err
}

// CloseOldest closes the oldest sockets of a user, so that keep remain with the one that
// was just opened.
func (d *Disconnector) CloseOldest(ctx context.Context, userID, opened string, keep int) error {
	subscribers, err := d.Store.Subscribers(ctx, UserTopic(userID))
	if err != nil || len(subscribers) < keep {
		return err
	}
	ids := []string{opened} // its subscription may not be stored yet
	for _, s := range subscribers {
		if s.ConnectionID != opened {
			ids = append(ids, s.ConnectionID)
		}
	}
	var open []Connection
	for _, id := range ids {
		c, found, err := d.Store.Connection(ctx, id)
		if err != nil {
			return err
		}
		if found {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, func(a, b Connection) int {
		return cmp.Or(b.OpenedAt.Compare(a.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	var errs []error
	for _, c := range open[min(keep, len(open)):] {
		errs = append(errs, d.close(ctx, c))
	}
	return errors.Join(errs...)
}
