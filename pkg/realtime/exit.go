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

// Exit is where people are shown out.
type Exit struct {
	Store  Store
	Closer Closer
}

// CloseUser closes the sockets of a person, but for those with the rights that
// the revocation keeps. What is stored of them goes with the $disconnect that
// follows.
func (e *Exit) CloseUser(ctx context.Context, userID string, r user.Revocation) error {
	return e.close(ctx, userID, func(who user.Principal) bool { return !r.Keeps(who) })
}

// CloseSession closes the sockets that were opened in one session of a person.
func (e *Exit) CloseSession(ctx context.Context, userID, session string) error {
	return e.close(ctx, userID, func(who user.Principal) bool { return who.Session == session })
}

// close closes the sockets of a person that were opened as somebody who is out.
func (e *Exit) close(ctx context.Context, userID string, out func(user.Principal) bool) error {
	watchers, err := e.Store.Watchers(ctx, UserTopic(userID))
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range watchers {
		c, found, err := e.Store.Connection(ctx, w.ConnectionID)
		if err == nil && found && out(c.Who) {
			err = e.Closer.Close(ctx, w.ConnectionID)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
