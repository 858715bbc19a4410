package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/user"
)

// UserCopier updates the copies of users in logins and sessions.
type UserCopier interface {
	// SyncUserCopies writes the user's current state to all copies and returns it.
	// It is safe to repeat.
	SyncUserCopies(ctx context.Context, userID string) (user.User, error)
}

// SyncUserCopies returns a Handler that updates the copies of changed users.
func SyncUserCopies(users UserCopier) Handler {
	return on(func(ctx context.Context, e event.UserChanged) error {
		_, err := users.SyncUserCopies(ctx, e.New.ID)
		return err
	})
}
