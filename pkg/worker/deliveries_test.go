package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/worker"
)

var errUnavailable = errors.New("unavailable")

// fakeDeliveries is a queue and a delivery store that records its calls.
type fakeDeliveries struct {
	mu      sync.Mutex
	calls   []string
	failFor string // the phone number to which no SMS can be sent
}

func (d *fakeDeliveries) record(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, fmt.Sprintf(format, a...))
}

func (d *fakeDeliveries) ChangeVisibility(_ context.Context, receipt string, timeout time.Duration) error {
	d.record("%s visible after %v", receipt, timeout)
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

// fakeSMS sends text messages for fakeDeliveries.
type fakeSMS struct{ *fakeDeliveries }

func (x fakeSMS) Send(_ context.Context, to, _ string) error {
	if to == x.failFor {
		return errUnavailable
	}
	return nil
}

func (d *fakeDeliveries) Suppress(_ context.Context, c notification.MailFeedback) error {
	d.record("suppress %s for %s of %s", c.Address, c.Reason, c.UserID)
	return nil
}

// TestDeliverNotifications_PartialFailure checks that only failed jobs are reported,
// and that their visibility timeout is changed.
func TestDeliverNotifications_PartialFailure(t *testing.T) {
	d := &fakeDeliveries{failFor: "ali"}
	deliverer := &notification.Deliverer{Store: d, SMS: fakeSMS{d}, Now: time.Now, MaxSMSPerDay: 9}
	out, err := worker.DeliverNotifications(deliverer, d, slog.New(slog.DiscardHandler))(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", ReceiptHandle: "r1", Body: `{"userId":"sara","id":"1","channel":"sms"}`},
		{MessageId: "2", ReceiptHandle: "r2", Body: `{"userId":"ali","id":"2","channel":"sms"}`},
		{MessageId: "3", ReceiptHandle: "r3", Body: `no job`},
	}})
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(failed)
	if err != nil || !slices.Equal(failed, []string{"2", "3"}) || !slices.Equal(d.calls, []string{"r2 visible after 10s"}) {
		t.Errorf("got %v, failures %v, %q", err, failed, d.calls)
	}
}

// TestEmptyBatchResponse checks that a batch without failures is reported as an
// empty list, never as null.
func TestEmptyBatchResponse(t *testing.T) {
	handlers := map[string]func(context.Context, events.SQSEvent) (events.SQSEventResponse, error){
		"deliveries": worker.DeliverNotifications(nil, nil, slog.New(slog.DiscardHandler)),
		"broadcasts": worker.RunBroadcasts(nil, nil, slog.New(slog.DiscardHandler)),
	}
	for name, handle := range handlers {
		out, err := handle(t.Context(), events.SQSEvent{})
		report, _ := json.Marshal(out)
		if err != nil || string(report) != `{"batchItemFailures":[]}` {
			t.Errorf("%s: got %s, %v", name, report, err)
		}
	}
}

// TestHandleMailFeedback checks that permanent bounces and complaints suppress an
// address, and other events do not.
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
	handle := worker.HandleMailFeedback(d, slog.New(slog.DiscardHandler))
	err := handle(t.Context(), event)
	if want := []string{"suppress a@b.ir for bounce of sara", "suppress c@b.ir for complaint of ", "suppress d@b.ir for complaint of "}; err != nil || !slices.Equal(d.calls, want) {
		t.Errorf("got %v, %q, want %q", err, d.calls, want)
	}
	if err := handle(t.Context(), events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: "?"}}}}); err == nil {
		t.Error("malformed event: no error")
	}
}
