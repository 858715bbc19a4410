package stream_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

// fakeDeliveryQueue records the jobs that it takes.
type fakeDeliveryQueue struct{ calls []string }

func (q *fakeDeliveryQueue) Send(_ context.Context, delay time.Duration, jobs ...notification.DeliveryJob) error {
	q.calls = append(q.calls, fmt.Sprintf("%v %v", delay, jobs))
	return nil
}

// TestEnqueueDeliveries checks that each pending channel gets one job, without a
// delay for a broadcast.
// plainSealer does not encrypt.
type plainSealer struct{ notification.Sealer }

func (plainSealer) Seal(_ string, plaintext, _ []byte) string { return string(plaintext) }

func TestEnqueueDeliveries(t *testing.T) {
	queued, skipped := notification.Delivery{State: notification.Queued}, notification.Delivery{State: notification.Skipped}
	both := map[notification.Channel]notification.Delivery{notification.Email: queued, notification.SMS: queued}
	one := map[notification.Channel]notification.Delivery{notification.Email: skipped, notification.SMS: queued}
	queue := &fakeDeliveryQueue{}
	handle := stream.EnqueueDeliveries(queue, plainSealer{}, 10*time.Second)
	for _, e := range []event.Event{
		event.NotificationCreated{Notification: notification.Notification{ID: "1", UserID: "u", RequestID: "r1", Kind: notification.KindReply, Deliveries: both}},
		event.NotificationCreated{Notification: notification.Notification{ID: "2", UserID: "u", Kind: notification.KindBroadcast, Deliveries: one}},
		event.NotificationCreated{Notification: notification.Notification{ID: "3", UserID: "u"}},
		event.UserChanged{Old: user.User{ID: "u", Phone: "+1"}, New: user.User{ID: "u", Phone: "+1"}},
		event.UserChanged{Old: user.User{ID: "u", Phone: "+1"}, New: user.User{ID: "u", Phone: "+1"}.WithPhone("+22", "")},
		event.TicketDeleted{TicketID: "t"},
	} {
		if err := handle(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"10s [{u 1 email   r1} {u 1 sms   r1}]", "0s [{u 2 sms   }]", `0s [{u  sms  {"kind":"phone_changed","to":"+1","ending":"22","locale":""} }]`}; !slices.Equal(queue.calls, want) {
		t.Errorf("got %q, want %q", queue.calls, want)
	}
}
