package stream

import (
	"context"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/user"
)

// UserCopier copies a changed user to where copies of users lie.
type UserCopier interface {
	SyncUserCopies(ctx context.Context, userID string) (user.User, error)
}

// SyncUserCopies keeps the copies of users up to date.
func SyncUserCopies(users UserCopier) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.UserChangedID == "" || change.Created {
			return nil
		}
		_, err := users.SyncUserCopies(ctx, change.UserChangedID)
		return err
	}
}
