package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
)

// RemovePushSubscriptions returns a Handler that removes the push subscriptions of a
// deleted user, also at the push services of phones.
func RemovePushSubscriptions(subscriptions *notification.PushSubscriptions) Handler {
	return on(func(ctx context.Context, e event.UserDeleted) error { return subscriptions.RemoveAll(ctx, e.User.ID) })
}
