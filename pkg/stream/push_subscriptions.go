package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
)

// RemovePushSubscriptions returns a Handler that removes the push subscriptions of a
// deleted user, also at the push services of phones.
func RemovePushSubscriptions(subscriptions *notification.PushSubscriptions) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		if deleted, ok := e.(event.UserDeleted); ok {
			return subscriptions.RemoveAll(ctx, deleted.User.ID)
		}
		return nil
	}
}
