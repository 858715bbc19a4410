package stream

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/event"
)

// SeenStore stores when users were last seen.
type SeenStore interface {
	// RecordSeen stores that a user was seen, unless the stored time is less than
	// user.SeenInterval before or the user is disabled or deleted.
	RecordSeen(ctx context.Context, userID string, at time.Time) error
}

// RecordSeen returns a Handler that stores when users sign in and refresh their sessions, once for
// all sessions of a user in a batch.
func RecordSeen(store SeenStore) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		userID, at := seenUser(e)
		if userID == "" || slices.ContainsFunc(earlier, func(e event.Event) bool { userID, _ := seenUser(e); return userID != "" }) {
			return nil
		}
		return store.RecordSeen(ctx, userID, at)
	}
}

// seenUser returns who was seen, and when; "" for other events.
func seenUser(e event.Event) (userID string, at time.Time) {
	switch e := e.(type) {
	case event.SessionStarted:
		return e.User.ID, e.At
	case event.SessionUsed:
		return e.UserID, e.At
	}
	return "", time.Time{}
}
