package stream_test

import (
	"context"
	"errors"
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
	var list []string
	for _, job := range jobs {
		list = append(list, fmt.Sprintf("{%s %s %s %s %s %s}", job.UserID, job.ID, job.Channel, job.TicketID, job.Notice, job.RequestID))
	}
	q.calls = append(q.calls, fmt.Sprintf("%v %v", delay, list))
	return nil
}

// plainSealer does not encrypt.
type plainSealer struct{ notification.Sealer }

func (plainSealer) Seal(_ string, plaintext, _ []byte) string { return string(plaintext) }

// TestEnqueueDeliveries checks that each pending channel gets one job, without a
// delay for a broadcast.
func TestEnqueueDeliveries(t *testing.T) {
	queued, skipped := notification.Delivery{State: notification.Queued}, notification.Delivery{State: notification.Skipped}
	both := map[notification.Channel]notification.Delivery{notification.Email: queued, notification.SMS: queued}
	one := map[notification.Channel]notification.Delivery{notification.Email: skipped, notification.SMS: queued}
	queue := &fakeDeliveryQueue{}
	handle := stream.EnqueueDeliveries(queue, 10*time.Second)
	for _, e := range []event.Event{
		event.NotificationCreated{Notification: notification.Notification{ID: "1", UserID: "u", RequestID: "r1", Kind: notification.KindReply, Deliveries: both}},
		event.NotificationCreated{Notification: notification.Notification{ID: "2", UserID: "u", Kind: notification.KindBroadcast, Deliveries: one}},
		event.NotificationCreated{Notification: notification.Notification{ID: "3", UserID: "u"}},
		event.TicketDeleted{TicketID: "t"},
	} {
		if err := handle(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"10s [{u 1 email   r1} {u 1 sms   r1}]", "0s [{u 2 sms   }]"}; !slices.Equal(queue.calls, want) {
		t.Errorf("got %q, want %q", queue.calls, want)
	}
}

// TestEnqueueChangeNotices checks that a change of the phone number has one notice, after the
// handlers that revoke access have succeeded, however often they fail before.
func TestEnqueueChangeNotices(t *testing.T) {
	queue, failures, errBroken := &fakeDeliveryQueue{}, 3, errors.New("unavailable")
	revoke := func(context.Context, event.Event, ...event.Event) error {
		if failures--; failures >= 0 {
			return errBroken
		}
		return nil
	}
	handle := stream.EnqueueChangeNotices(queue, plainSealer{}, revoke)
	old := user.User{ID: "u", Phone: "+1"}
	for n := range 4 {
		if err := handle(t.Context(), event.UserChanged{Old: old, New: old.WithPhone("+22", "")}); (err == nil) != (n == 3) {
			t.Errorf("call %d: got %v", n, err)
		}
	}
	if err := handle(t.Context(), event.UserChanged{Old: old, New: old}); err != nil {
		t.Error(err)
	}
	if want := []string{`0s [{u  sms  {"kind":"phone_changed","to":"+1","ending":"22","locale":""} }]`}; !slices.Equal(queue.calls, want) {
		t.Errorf("got %q, want %q", queue.calls, want)
	}
}
