package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/event"
)

// SeenStore stores when users were last seen.
type SeenStore interface {
	// RecordSeen stores that a user was seen, unless the stored time is less than
	// user.SeenInterval before or the user is disabled or deleted.
	RecordSeen(ctx context.Context, userID string, at time.Time) error
}

// RecordSeen returns a Handler that stores when users sign in and refresh their sessions.
func RecordSeen(store SeenStore) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.SessionStarted:
			return store.RecordSeen(ctx, e.User.ID, e.At)
		case event.SessionUsed:
			return store.RecordSeen(ctx, e.UserID, e.At)
		}
		return nil
	}
}
