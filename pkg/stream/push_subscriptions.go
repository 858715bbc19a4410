package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
)

// RemovePushSubscriptions returns a Handler that removes the push subscriptions of a
// deleted user, also at the push services of phones. It does so again at the end of the
// propagation, which a replay resumes, in case the record of the deletion was lost.
func RemovePushSubscriptions(subscriptions *notification.PushSubscriptions) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.UserDeleted:
			return subscriptions.RemoveAll(ctx, e.User.ID)
		case event.UserPropagation:
			if e.Phase == event.PropagationFiles { // of deleted users only
				return subscriptions.RemoveAll(ctx, e.UserID)
			}
		}
		return nil
	}
}
