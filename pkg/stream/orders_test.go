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

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
)

// depot is a queue and a ledger in which everything goes well but what is
// said to fail.
type depot struct {
	mu    sync.Mutex
	did   []string
	fails string // the person whose SMS is not taken
}

func (d *depot) note(format string, a ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.did = append(d.did, fmt.Sprintf(format, a...))
}

func (d *depot) Send(_ context.Context, delay time.Duration, orders ...notification.Order) error {
	d.note("%v %v", delay, orders)
	return nil
}

func (d *depot) Hide(_ context.Context, receipt string, wait time.Duration) error {
	d.note("hide %s for %v", receipt, wait)
	return errNoAnswer
}

func (d *depot) Claim(_ context.Context, o notification.Order, _, _ time.Time) (notification.Notification, bool, error) {
	n := notification.Notification{ID: o.ID, UserID: o.UserID, Deliveries: map[notification.Channel]notification.Delivery{
		o.Channel: {State: notification.Sending, Attempts: 1},
	}}
	return n, true, nil
}

func (d *depot) Settle(context.Context, notification.Notification, notification.Channel, notification.Delivery) error {
	return nil
}

func (d *depot) Recipient(_ context.Context, n notification.Notification) (notification.Recipient, error) {
	return notification.Recipient{Found: true, User: user.User{Phone: n.UserID, Notify: user.Choices{SMS: true}}}, nil
}

func (d *depot) Suppressed(context.Context, string) (bool, error) { return false, nil }

func (d *depot) Spend(context.Context, time.Time, int) (bool, error) { return true, nil }

// text is the depot's Texter: Send is the queue's.
type texter struct{ *depot }

func (x texter) Send(_ context.Context, to, _ string) error {
	if to == x.fails {
		return errNoAnswer
	}
	return nil
}

func (d *depot) Suppress(_ context.Context, c notification.Complaint) error {
	d.note("stop %s for %s of %s", c.Address, c.Reason, c.UserID)
	return nil
}

// TestOrdered: one order for each channel that waits; a broadcast at once.
func TestOrdered(t *testing.T) {
	queued, skipped := notification.Delivery{State: notification.Queued}, notification.Delivery{State: notification.Skipped}
	both := map[notification.Channel]notification.Delivery{notification.Email: queued, notification.SMS: queued}
	one := map[notification.Channel]notification.Delivery{notification.Email: skipped, notification.SMS: queued}
	d := &depot{}
	effect := stream.Ordered(d, 10*time.Second)
	for _, c := range []table.Change{
		{Created: true, Notice: &notification.Notification{ID: "1", UserID: "u", Kind: notification.KindReply, Deliveries: both}},
		{Created: true, Notice: &notification.Notification{ID: "2", UserID: "u", Kind: notification.KindBroadcast, Deliveries: one}},
		{Created: true, Notice: &notification.Notification{ID: "3", UserID: "u"}},
		{Notice: &notification.Notification{ID: "4", UserID: "u", Deliveries: both}}, // a delivery has moved
		{Created: true},
	} {
		if err := effect(t.Context(), c); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"10s [{u 1 email} {u 1 sms}]", "0s [{u 2 sms}]"}; !slices.Equal(d.did, want) {
		t.Errorf("got %q, want %q", d.did, want)
	}
}

// TestOrdersFailOneByOne: what is done is done; what failed is hidden for a
// while and reported.
func TestOrdersFailOneByOne(t *testing.T) {
	d := &depot{fails: "ali"}
	courier := &notification.Courier{Ledger: d, Texter: texter{d}, Now: time.Now, SMSPerDay: 9}
	out, err := stream.Orders(courier, d, slog.New(slog.DiscardHandler))(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", ReceiptHandle: "r1", Body: `{"userId":"sara","id":"1","channel":"sms"}`},
		{MessageId: "2", ReceiptHandle: "r2", Body: `{"userId":"ali","id":"2","channel":"sms"}`},
		{MessageId: "3", ReceiptHandle: "r3", Body: `no order`},
	}})
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(failed)
	if err != nil || !slices.Equal(failed, []string{"2", "3"}) || !slices.Equal(d.did, []string{"hide r2 for 10s"}) {
		t.Errorf("got %v, failures %v, %q", err, failed, d.did)
	}
}

// TestNothingFailedIsAList: a batch without failures is reported by an empty
// list, never by null.
func TestNothingFailedIsAList(t *testing.T) {
	handlers := map[string]func(context.Context, events.SQSEvent) (events.SQSEventResponse, error){
		"orders":     stream.Orders(nil, nil, slog.New(slog.DiscardHandler)),
		"broadcasts": stream.Broadcasts(nil, nil, slog.New(slog.DiscardHandler)),
	}
	for name, handle := range handlers {
		out, err := handle(t.Context(), events.SQSEvent{})
		report, _ := json.Marshal(out)
		if err != nil || string(report) != `{"batchItemFailures":[]}` {
			t.Errorf("%s: got %s, %v", name, report, err)
		}
	}
}

// TestFeedback: permanent bounces and complaints stop mail, other reports do not.
func TestFeedback(t *testing.T) {
	d := &depot{}
	var event events.SNSEvent
	for _, message := range []string{
		`{"eventType":"Bounce","mail":{"tags":{"person":["sara"]}},"bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"a@b.ir"}]}}`,
		`{"eventType":"Bounce","bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"full@b.ir"}]}}`,
		`{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"c@b.ir"},{"emailAddress":"d@b.ir"}]}}`,
		`{"eventType":"Delivery"}`,
	} {
		event.Records = append(event.Records, events.SNSEventRecord{SNS: events.SNSEntity{Message: message}})
	}
	handle := stream.Feedback(d, slog.New(slog.DiscardHandler))
	err := handle(t.Context(), event)
	if want := []string{"stop a@b.ir for bounce of sara", "stop c@b.ir for complaint of ", "stop d@b.ir for complaint of "}; err != nil || !slices.Equal(d.did, want) {
		t.Errorf("got %v, %q, want %q", err, d.did, want)
	}
	if err := handle(t.Context(), events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: "?"}}}}); err == nil {
		t.Error("a report that cannot be read: no error")
	}
}
