package stream

import (
	"context"

	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
)

// Users copies a changed user to where copies of users lie.
type Users interface {
	CopyUser(ctx context.Context, userID string) (user.User, error)
}

// Copies keeps the copies of users up to date.
func Copies(users Users) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.UserID == "" || c.Created {
			return nil
		}
		_, err := users.CopyUser(ctx, c.UserID)
		return err
	}
}
