package realtime

import (
	"context"
	"errors"

	"ticketsystem/pkg/user"
)

// Closer ends connections. One that is closed already is no error.
type Closer interface {
	Close(ctx context.Context, connectionID string) error
}

// Disconnector is where people are shown out.
type Disconnector struct {
	Store  Store
	Closer Closer
}

// CloseUser closes the sockets of a person, but for those with the rights that
// the revocation keeps. What is stored of them goes with the $disconnect that
// follows.
func (d *Disconnector) CloseUser(ctx context.Context, userID string, r user.Revocation) error {
	return d.closeMatching(ctx, userID, func(principal user.Principal) bool { return !r.Permits(principal) })
}

// CloseSession closes the sockets that were opened in one session of a person.
func (d *Disconnector) CloseSession(ctx context.Context, userID, session string) error {
	return d.closeMatching(ctx, userID, func(principal user.Principal) bool { return principal.Session == session })
}

// closeMatching closes the sockets of a person that were opened as somebody who is out.
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
