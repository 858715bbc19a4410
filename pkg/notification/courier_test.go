package notification_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

var errProvider = errors.New("the provider says no")

// office is a ledger of one notification and what sends it.
type office struct {
	notice    notification.Notification
	to        notification.Recipient
	stopped   bool
	spent     bool
	fails     error // of the provider
	sent      []string
	ledgerErr error
}

func newOffice() *office {
	return &office{
		notice: notification.Notification{
			ID: "N", UserID: "sara", Kind: notification.KindReply, TicketID: "01BX5ZZKBKACTAV9WEVGEMMVRZ", Title: "The parcel", Body: "We look", Author: "Ali",
			Deliveries: map[notification.Channel]notification.Delivery{
				notification.Email: {State: notification.Queued}, notification.SMS: {State: notification.Queued},
			},
		},
		to: notification.Recipient{Found: true, User: user.User{
			ID: "sara", Phone: "+989121234567", Name: "Sara", Email: "s@b.ir", EmailVerified: true, Locale: "en", Notify: user.Choices{Email: true, SMS: true},
		}},
	}
}

func (o *office) Claim(_ context.Context, order notification.Order, now, stale time.Time) (notification.Notification, bool, error) {
	d := o.notice.Deliveries[order.Channel]
	free := d.State == notification.Queued || d.State == notification.Failed || d.State == notification.Sending && d.At.Before(stale)
	if o.notice.ID != order.ID {
		return notification.Notification{}, false, o.ledgerErr
	}
	if free {
		d.State, d.At = notification.Sending, now
		d.Attempts++
		o.notice.Deliveries[order.Channel] = d
	}
	return o.notice, free, o.ledgerErr
}

func (o *office) Settle(_ context.Context, _ notification.Notification, channel notification.Channel, d notification.Delivery) error {
	o.notice.Deliveries[channel] = d
	return nil
}

func (o *office) Recipient(context.Context, notification.Notification) (notification.Recipient, error) {
	return o.to, nil
}

func (o *office) Suppressed(context.Context, string) (bool, error) { return o.stopped, nil }

func (o *office) Spend(context.Context, time.Time, int) (bool, error) { return !o.spent, nil }

func (o *office) Mail(_ context.Context, m notification.Mail, person string) error {
	o.sent = append(o.sent, fmt.Sprint("mail to ", m.To, " of ", person, ": ", m.Subject))
	return o.fails
}

func (o *office) Send(_ context.Context, to, text string) error {
	o.sent = append(o.sent, fmt.Sprint("SMS to ", to, ": ", text))
	return o.fails
}

func (o *office) courier(now time.Time) *notification.Courier {
	return &notification.Courier{Ledger: o, Mailer: o, Texter: o, Now: func() time.Time { return now }, SMSPerDay: 1}
}

func order(channel notification.Channel) notification.Order {
	return notification.Order{UserID: "sara", ID: "N", Channel: channel}
}

// TestDeliver: what is sent, what is not and why.
func TestDeliver(t *testing.T) {
	const mailed, texted = "mail to s@b.ir of sara: New reply: The parcel", "SMS to +989121234567: TicketSystem: support has answered your ticket VGEM-MVRZ."
	for name, c := range map[string]struct {
		change  func(o *office)
		channel notification.Channel
		want    string
		sent    int
	}{
		"mail":                 {func(*office) {}, notification.Email, "sent", 1},
		"SMS":                  {func(*office) {}, notification.SMS, "sent", 1},
		"read":                 {func(o *office) { o.to.Read = true }, notification.SMS, "skipped read", 0},
		"gone":                 {func(o *office) { o.to.Found = false }, notification.SMS, "skipped gone", 0},
		"disabled":             {func(o *office) { o.to.User.Disabled = true }, notification.SMS, "skipped gone", 0},
		"no SMS, please":       {func(o *office) { o.to.User.Notify.SMS = false }, notification.SMS, "skipped choice", 0},
		"no mail, please":      {func(o *office) { o.to.User.Notify.Email = false }, notification.Email, "skipped choice", 0},
		"no address":           {func(o *office) { o.to.User.Email = "" }, notification.Email, "skipped no_address", 0},
		"not confirmed":        {func(o *office) { o.to.User.EmailVerified = false }, notification.Email, "skipped unverified", 0},
		"bounced":              {func(o *office) { o.stopped = true }, notification.Email, "skipped suppressed", 0},
		"bounced, by SMS":      {func(o *office) { o.stopped = true }, notification.SMS, "sent", 1},
		"spent":                {func(o *office) { o.spent = true }, notification.SMS, "failed spend_limit", 0},
		"spent, by mail":       {func(o *office) { o.spent = true }, notification.Email, "sent", 1},
		"done before":          {func(o *office) { o.set(notification.SMS, notification.Sent) }, notification.SMS, "sent", 0},
		"skipped before":       {func(o *office) { o.set(notification.SMS, notification.Skipped) }, notification.SMS, "skipped", 0},
		"failed before":        {func(o *office) { o.set(notification.SMS, notification.Failed) }, notification.SMS, "sent", 1},
		"another notification": {func(o *office) { o.notice.ID = "M" }, notification.SMS, "queued", 0},
	} {
		o := newOffice()
		c.change(o)
		for range 2 { // an order that comes again changes nothing
			if _, err := o.courier(noon).Deliver(t.Context(), order(c.channel)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if c.want == "failed spend_limit" {
				break
			}
		}
		d := o.notice.Deliveries[c.channel]
		got := string(d.State)
		if d.Reason != "" {
			got += " " + d.Reason
		}
		if got != c.want || len(o.sent) != c.sent {
			t.Errorf("%s: got %s and %q, want %s and %d", name, got, o.sent, c.want, c.sent)
		}
		for _, sent := range o.sent {
			if sent != mailed && sent != texted {
				t.Errorf("%s: got %q", name, sent)
			}
		}
	}
}

func (o *office) set(channel notification.Channel, state notification.State) {
	o.notice.Deliveries[channel] = notification.Delivery{State: state}
}

// TestFailedDeliveriesComeAgain, later each time, with what the provider said.
func TestFailedDeliveriesComeAgain(t *testing.T) {
	o := newOffice()
	o.fails = errProvider
	for attempt, want := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second} {
		wait, err := o.courier(noon).Deliver(t.Context(), order(notification.SMS))
		d := o.notice.Deliveries[notification.SMS]
		if !errors.Is(err, errProvider) || wait != want || d.State != notification.Failed || d.Attempts != attempt+1 || d.Reason != errProvider.Error() {
			t.Errorf("attempt %d: got %v after %v, %+v, want %v", attempt+1, err, wait, d, want)
		}
		if d.PublicReason() != notification.ReasonProvider {
			t.Errorf("people see %q", d.PublicReason())
		}
	}
	o.fails = nil
	if _, err := o.courier(noon).Deliver(t.Context(), order(notification.SMS)); err != nil || o.notice.Deliveries[notification.SMS].State != notification.Sent {
		t.Errorf("got %v, %+v, want it sent", err, o.notice.Deliveries[notification.SMS])
	}
}

// TestDeliveriesInHand: while one sends, another waits; when it has died, the
// other takes over.
func TestDeliveriesInHand(t *testing.T) {
	o := newOffice()
	o.notice.Deliveries[notification.SMS] = notification.Delivery{State: notification.Sending, Attempts: 1, At: noon}
	if wait, err := o.courier(noon.Add(20*time.Second)).Deliver(t.Context(), order(notification.SMS)); err == nil || wait < 10*time.Second || len(o.sent) != 0 {
		t.Errorf("in hand: got %v, %v, sent %q", wait, err, o.sent)
	}
	if _, err := o.courier(noon.Add(40*time.Second)).Deliver(t.Context(), order(notification.SMS)); err != nil || len(o.sent) != 1 {
		t.Errorf("left behind: got %v, sent %q", err, o.sent)
	}
	o.ledgerErr = errProvider
	if _, err := o.courier(noon).Deliver(t.Context(), order(notification.Email)); err == nil {
		t.Error("no ledger: no error")
	}
}

// TestNoSender: a house without a sender sends no mail.
func TestNoSender(t *testing.T) {
	o := newOffice()
	c := o.courier(noon)
	c.Mailer = nil
	if _, err := c.Deliver(t.Context(), order(notification.Email)); err != nil || o.notice.Deliveries[notification.Email].Reason != notification.ReasonNoSender {
		t.Errorf("got %v, %+v", err, o.notice.Deliveries[notification.Email])
	}
}
