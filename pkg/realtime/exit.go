package realtime

import (
	"context"
	"errors"
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

// CloseUser closes all sockets of a person. What is stored of them goes with
// the $disconnect that follows.
func (e *Exit) CloseUser(ctx context.Context, userID string) error {
	watchers, err := e.Store.Watchers(ctx, UserTopic(userID))
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range watchers {
		errs = append(errs, e.Closer.Close(ctx, w.ConnectionID))
	}
	return errors.Join(errs...)
}

// CloseSession closes the sockets that were opened in one session of a person.
func (e *Exit) CloseSession(ctx context.Context, userID, session string) error {
	watchers, err := e.Store.Watchers(ctx, UserTopic(userID))
	if err != nil {
		return err
	}
	var errs []error
	for _, w := range watchers {
		c, found, err := e.Store.Connection(ctx, w.ConnectionID)
		if err == nil && found && c.Who.Session == session {
			err = e.Closer.Close(ctx, w.ConnectionID)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
