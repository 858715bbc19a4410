package stream_test

import (
	"context"
	"slices"
	"testing"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

// pushStore has one subscription, and records the users whose subscriptions it removes.
type pushStore struct {
	notification.PushStore
	removed []string
}

func (s *pushStore) PushSubscriptions(context.Context, string) (live, ended []notification.PushSubscription, err error) {
	return []notification.PushSubscription{{ID: "1", Platform: notification.PlatformWeb}}, nil, nil
}

func (s *pushStore) RemovePushSubscriptions(_ context.Context, userID string, _ ...string) ([]notification.PushSubscription, error) {
	s.removed = append(s.removed, userID)
	return nil, nil
}

// TestRemovePushSubscriptions checks that the subscriptions of a deleted user are removed with the
// user, and at the end of the propagation, also if a replay resumed it.
func TestRemovePushSubscriptions(t *testing.T) {
	store := &pushStore{}
	remove := stream.RemovePushSubscriptions(&notification.PushSubscriptions{Store: store})
	for _, e := range []event.Event{
		event.UserDeleted{User: user.User{ID: "ali"}},
		event.UserPropagation{UserID: "reza", Phase: event.PropagationFiles},
		event.UserPropagation{UserID: "sara", Phase: event.PropagationNotifications},
		event.UserChanged{New: user.User{ID: "mina"}},
	} {
		if err := remove(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"ali", "reza"}; !slices.Equal(store.removed, want) {
		t.Errorf("got %v, want %v", store.removed, want)
	}
}
