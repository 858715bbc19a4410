package realtime

import (
	"context"
	"errors"

	"ticketsystem/pkg/user"
)

// Closer closes connections. A connection that is already closed is not an error.
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
			err = d.Closer.Close(ctx, s.ConnectionID)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
