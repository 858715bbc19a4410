package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/user"
)

// UserCopier updates the copies of users in logins and sessions.
type UserCopier interface {
	// SyncUserCopies writes the user's current state to all copies and returns it.
	// It is safe to repeat.
	SyncUserCopies(ctx context.Context, userID string) (user.User, error)
}

// SyncUserCopies returns a Handler that updates the copies of changed users. It does so
// at the first change of a batch: the state that it copies includes the later ones.
func SyncUserCopies(users UserCopier) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		changed, _ := e.(event.UserChanged)
		if !copiesOutdated(e) || slices.ContainsFunc(earlier, copiesOutdated) {
			return nil
		}
		_, err := users.SyncUserCopies(ctx, changed.New.ID)
		return err
	}
}

// copiesOutdated reports whether a user has changed. The events of one partition are of
// one user.
func copiesOutdated(e event.Event) bool {
	changed, ok := e.(event.UserChanged)
	return ok && changed.Old != changed.New
}
