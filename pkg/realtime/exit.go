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
