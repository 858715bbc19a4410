package stream_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/user"
)

// fakeDeliveries is a queue and a ledger in which everything goes well but what is
// said to fail.
type fakeDeliveries struct {
	mu      sync.Mutex
	calls   []string
	failFor string // the person whose SMS is not taken
}

func (d *fakeDeliveries) record(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, a...))
}

func (d *fakeDeliveries) Send(_ context.Context, delay time.Duration, jobs ...notification.DeliveryJob) error {
	d.record("%v %v", delay, jobs)
	return nil
}

func (d *fakeDeliveries) ChangeVisibility(_ context.Context, receipt string, timeout time.Duration) error {
	d.record("hide %s for %v", receipt, timeout)
	return errUnavailable
}

func (d *fakeDeliveries) ClaimDelivery(_ context.Context, job notification.DeliveryJob, _, _ time.Time) (notification.Notification, bool, error) {
	n := notification.Notification{ID: job.ID, UserID: job.UserID, Deliveries: map[notification.Channel]notification.Delivery{
		job.Channel: {State: notification.Sending, Attempts: 1},
	}}
	return n, true, nil
}

func (d *fakeDeliveries) CompleteDelivery(context.Context, notification.Notification, notification.Channel, notification.Delivery) error {
	return nil
}

func (d *fakeDeliveries) DeliveryRecipient(_ context.Context, n notification.Notification) (notification.Recipient, error) {
	return notification.Recipient{Found: true, User: user.User{Phone: n.UserID, Notifications: user.NotificationPreferences{SMS: true}}}, nil
}

func (d *fakeDeliveries) IsSuppressed(context.Context, string) (bool, error) { return false, nil }

func (d *fakeDeliveries) ReserveSMSQuota(context.Context, time.Time, int) (bool, error) {
	return true, nil
}

// text is the depot's Texter: Send is the queue's.
type fakeSMS struct{ *fakeDeliveries }

func (x fakeSMS) Send(_ context.Context, to, _ string) error {
	if to == x.failFor {
		return errUnavailable
	}
	return nil
}

func (d *fakeDeliveries) Suppress(_ context.Context, c notification.MailFeedback) error {
	d.record("stop %s for %s of %s", c.Address, c.Reason, c.UserID)
	return nil
}

// TestEnqueueDeliveries: one order for each channel that waits; a broadcast at once.
func TestEnqueueDeliveries(t *testing.T) {
	queued, skipped := notification.Delivery{State: notification.Queued}, notification.Delivery{State: notification.Skipped}
	both := map[notification.Channel]notification.Delivery{notification.Email: queued, notification.SMS: queued}
	one := map[notification.Channel]notification.Delivery{notification.Email: skipped, notification.SMS: queued}
	d := &fakeDeliveries{}
	handle := stream.EnqueueDeliveries(d, 10*time.Second)
	for _, change := range []dynamo.Change{
		{Created: true, Notification: &notification.Notification{ID: "1", UserID: "u", Kind: notification.KindReply, Deliveries: both}},
		{Created: true, Notification: &notification.Notification{ID: "2", UserID: "u", Kind: notification.KindBroadcast, Deliveries: one}},
		{Created: true, Notification: &notification.Notification{ID: "3", UserID: "u"}},
		{Notification: &notification.Notification{ID: "4", UserID: "u", Deliveries: both}}, // a delivery has moved
		{Created: true},
	} {
		if err := handle(t.Context(), change); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"10s [{u 1 email} {u 1 sms}]", "0s [{u 2 sms}]"}; !slices.Equal(d.calls, want) {
		t.Errorf("got %q, want %q", d.calls, want)
	}
}

// TestDeliverNotifications_PartialFailure: what is done is done; what failed is hidden for a
// while and reported.
func TestDeliverNotifications_PartialFailure(t *testing.T) {
	d := &fakeDeliveries{failFor: "ali"}
	deliverer := &notification.Deliverer{Store: d, SMS: fakeSMS{d}, Now: time.Now, MaxSMSPerDay: 9}
	out, err := stream.DeliverNotifications(deliverer, d, slog.New(slog.DiscardHandler))(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", ReceiptHandle: "r1", Body: `{"userId":"sara","id":"1","channel":"sms"}`},
		{MessageId: "2", ReceiptHandle: "r2", Body: `{"userId":"ali","id":"2","channel":"sms"}`},
		{MessageId: "3", ReceiptHandle: "r3", Body: `no order`},
	}})
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(failed)
	if err != nil || !slices.Equal(failed, []string{"2", "3"}) || !slices.Equal(d.calls, []string{"hide r2 for 10s"}) {
		t.Errorf("got %v, failures %v, %q", err, failed, d.calls)
	}
}

// TestEmptyBatchResponse: a batch without failures is reported by an empty
// list, never by null.
func TestEmptyBatchResponse(t *testing.T) {
	handlers := map[string]func(context.Context, events.SQSEvent) (events.SQSEventResponse, error){
		"orders":     stream.DeliverNotifications(nil, nil, slog.New(slog.DiscardHandler)),
		"broadcasts": stream.RunBroadcasts(nil, nil, slog.New(slog.DiscardHandler)),
	}
	for name, handle := range handlers {
		out, err := handle(t.Context(), events.SQSEvent{})
		report, _ := json.Marshal(out)
		if err != nil || string(report) != `{"batchItemFailures":[]}` {
			t.Errorf("%s: got %s, %v", name, report, err)
		}
	}
}

// TestHandleMailFeedback: permanent bounces and complaints stop mail, other reports do not.
func TestHandleMailFeedback(t *testing.T) {
	d := &fakeDeliveries{}
	var event events.SNSEvent
	for _, message := range []string{
		`{"eventType":"Bounce","mail":{"tags":{"person":["sara"]}},"bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"a@b.ir"}]}}`,
		`{"eventType":"Bounce","bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"full@b.ir"}]}}`,
		`{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"c@b.ir"},{"emailAddress":"d@b.ir"}]}}`,
		`{"eventType":"Delivery"}`,
	} {
		event.Records = append(event.Records, events.SNSEventRecord{SNS: events.SNSEntity{Message: message}})
	}
	handle := stream.HandleMailFeedback(d, slog.New(slog.DiscardHandler))
	err := handle(t.Context(), event)
	if want := []string{"stop a@b.ir for bounce of sara", "stop c@b.ir for complaint of ", "stop d@b.ir for complaint of "}; err != nil || !slices.Equal(d.calls, want) {
		t.Errorf("got %v, %q, want %q", err, d.calls, want)
	}
	if err := handle(t.Context(), events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: "?"}}}}); err == nil {
		t.Error("a report that cannot be read: no error")
	}
}
