package notification_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

const maxSMSPerDay = 10

var errProvider = errors.New("the provider says no")

// fixture is a store with a user and one notification, and the providers.
type fixture struct {
	*memstore.Store
	t           *testing.T
	providerErr error
	sent        []string
}

// newFixture returns a fixture whose deliveries are in the given state.
func newFixture(t *testing.T, state notification.State) *fixture {
	t.Helper()
	f := &fixture{Store: memstore.New(func() time.Time { return noon }), t: t}
	f.putUser(user.User{
		ID: "sara", Phone: "+989121234567", Name: "Sara", Email: "s@b.ir", EmailVerified: true, Locale: "en",
		Notifications: user.NotificationPreferences{Email: true, SMS: true},
	})
	f.must(f.AddNotifications(t.Context(), notification.Notification{
		ID: "N", UserID: "sara", Kind: notification.KindReply, TicketID: ticketID, Seq: 2, Title: "The parcel", Body: "We look", Author: "Ali", CreatedAt: noon,
		Deliveries: map[notification.Channel]notification.Delivery{notification.Email: {State: state, At: noon}, notification.SMS: {State: state, At: noon}},
	}))
	return f
}

func (f *fixture) putUser(u user.User) {
	f.t.Helper()
	f.must(f.PutAccount(f.t.Context(), account.Login{Phone: u.Phone, User: u}))
}

// updateUser stores a changed user.
func (f *fixture) updateUser(change func(u *user.User)) {
	f.t.Helper()
	u, err := f.User(f.t.Context(), "sara")
	f.must(err)
	change(&u)
	f.putUser(u)
}

// delivery returns the stored delivery.
func (f *fixture) delivery(channel notification.Channel) notification.Delivery {
	f.t.Helper()
	page, err := f.ListNotifications(f.t.Context(), "sara", notification.Query{Limit: 1})
	f.must(err)
	return page.Notifications[0].Deliveries[channel]
}

// deliver runs a job for the notification.
func (f *fixture) deliver(now time.Time, channel notification.Channel) (time.Duration, error) {
	return f.deliverer(now).Deliver(f.t.Context(), notification.DeliveryJob{UserID: "sara", ID: "N", Channel: channel, TicketID: ticketID})
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// Mail implements notification.Mailer.
func (f *fixture) Mail(_ context.Context, m notification.Mail, userID string) error {
	f.sent = append(f.sent, fmt.Sprint("mail to ", m.To, " of ", userID, ": ", m.Subject))
	return f.providerErr
}

// Send implements notification.SMSSender.
func (f *fixture) Send(_ context.Context, to, text string) error {
	f.sent = append(f.sent, fmt.Sprint("SMS to ", to, ": ", text))
	return f.providerErr
}

func (f *fixture) deliverer(now time.Time) *notification.Deliverer {
	return &notification.Deliverer{Store: f, Mailer: f, SMS: f, Now: func() time.Time { return now }, MaxSMSPerDay: maxSMSPerDay}
}

// TestDeliver checks what is sent, and the reasons to skip a delivery.
func TestDeliver(t *testing.T) {
	const mailed, messaged = "mail to s@b.ir of sara: New reply: The parcel", "SMS to +989121234567: TicketSystem: support has answered your ticket VGEM-MVRZ."
	const email, sms = notification.Email, notification.SMS
	none := func(*fixture) {}
	withUser := func(change func(u *user.User)) func(*fixture) { return func(f *fixture) { f.updateUser(change) } }
	bounced := func(f *fixture) { f.must(f.Suppress(t.Context(), notification.MailFeedback{Address: "S@b.ir"})) }
	useQuota := func(f *fixture) {
		for range maxSMSPerDay {
			_, err := f.ReserveSMSQuota(t.Context(), noon, 1, maxSMSPerDay)
			f.must(err)
		}
	}
	for name, c := range map[string]struct {
		state   notification.State
		prepare func(f *fixture)
		channel notification.Channel
		want    string
		sent    int
	}{
		"mail":                {notification.Queued, none, email, "sent", 1},
		"SMS":                 {notification.Queued, none, sms, "sent", 1},
		"read":                {notification.Queued, func(f *fixture) { f.must(f.MarkAllNotificationsRead(t.Context(), "sara")) }, sms, "skipped read", 0},
		"entry read":          {notification.Queued, (*fixture).readEntry, sms, "skipped read", 0},
		"user deleted":        {notification.Queued, (*fixture).deleteUser, sms, "skipped gone", 0},
		"disabled":            {notification.Queued, withUser(func(u *user.User) { u.Disabled = true }), sms, "skipped gone", 0},
		"SMS disabled":        {notification.Queued, withUser(func(u *user.User) { u.Notifications.SMS = false }), sms, "skipped choice", 0},
		"mail disabled":       {notification.Queued, withUser(func(u *user.User) { u.Notifications.Email = false }), email, "skipped choice", 0},
		"no address":          {notification.Queued, withUser(func(u *user.User) { u.Email = "" }), email, "skipped no_address", 0},
		"not verified":        {notification.Queued, withUser(func(u *user.User) { u.EmailVerified = false }), email, "skipped unverified", 0},
		"bounced":             {notification.Queued, bounced, email, "skipped suppressed", 0},
		"bounced, by SMS":     {notification.Queued, bounced, sms, "sent", 1},
		"quota used":          {notification.Queued, useQuota, sms, "failed spend_limit", 0},
		"quota used, by mail": {notification.Queued, useQuota, email, "sent", 1},
		"already sent":        {notification.Sent, none, sms, "sent", 0},
		"already skipped":     {notification.Skipped, none, sms, "skipped", 0},
		"failed before":       {notification.Failed, none, sms, "sent", 1},
	} {
		f := newFixture(t, c.state)
		c.prepare(f)
		for range 2 { // a repeated job changes nothing
			if _, err := f.deliver(noon, c.channel); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if c.want == "failed spend_limit" {
				break
			}
		}
		d := f.delivery(c.channel)
		got := string(d.State)
		if d.Reason != "" {
			got += " " + d.Reason
		}
		if got != c.want || len(f.sent) != c.sent {
			t.Errorf("%s: got %s and %q, want %s and %d", name, got, f.sent, c.want, c.sent)
		}
		for _, sent := range f.sent {
			if sent != mailed && sent != messaged {
				t.Errorf("%s: got %q", name, sent)
			}
		}
	}
}

// readEntry moves the user's read marker to the entry that the notification reports.
func (f *fixture) readEntry() {
	f.must(f.CreateReadMarker(f.t.Context(), ticket.ReadMarker{TicketID: ticketID, Reader: ticket.Author{ID: "sara"}, Seq: 2}))
}

func (f *fixture) deleteUser() {
	u, err := f.User(f.t.Context(), "sara")
	f.must(err)
	f.must(f.DeleteUser(f.t.Context(), u, audit.Record{}))
}

func TestDeliver_UnknownNotification(t *testing.T) {
	f := newFixture(t, notification.Queued)
	job := notification.DeliveryJob{UserID: "sara", ID: "M", Channel: notification.SMS}
	if _, err := f.deliverer(noon).Deliver(t.Context(), job); err != nil || len(f.sent) > 0 {
		t.Errorf("got %v, sent %q", err, f.sent)
	}
}

// TestDeliver_ReasonIsText checks that a long reason is not cut inside a character.
func TestDeliver_ReasonIsText(t *testing.T) {
	for shift := range 2 {
		f := newFixture(t, notification.Queued)
		f.providerErr = errors.New(strings.Repeat("x", shift) + strings.Repeat("نه", 100))
		if _, err := f.deliver(noon, notification.SMS); !errors.Is(err, f.providerErr) {
			t.Fatal(err)
		}
		if reason := f.delivery(notification.SMS).Reason; !utf8.ValidString(reason) || len(reason) > 200 || len(reason) < 199 {
			t.Errorf("got %d bytes: %q", len(reason), reason)
		}
	}
}

// TestDeliver_RetriesFailures checks the growing delay and the stored reason.
func TestDeliver_RetriesFailures(t *testing.T) {
	f := newFixture(t, notification.Queued)
	f.providerErr = errProvider
	for attempt, want := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second} {
		retryAfter, err := f.deliver(noon, notification.SMS)
		d := f.delivery(notification.SMS)
		if !errors.Is(err, errProvider) || retryAfter != want || d.State != notification.Failed || d.Attempts != attempt+1 || d.Reason != errProvider.Error() {
			t.Errorf("attempt %d: got %v, retry after %v, %+v, want %v", attempt+1, err, retryAfter, d, want)
		}
		if d.PublicReason() != notification.ReasonProvider {
			t.Errorf("public reason: got %q", d.PublicReason())
		}
	}
	f.providerErr = nil
	if _, err := f.deliver(noon, notification.SMS); err != nil || f.delivery(notification.SMS).State != notification.Sent {
		t.Errorf("got %v, %+v, want it sent", err, f.delivery(notification.SMS))
	}
	for left := maxSMSPerDay - 1; left >= 0; left-- {
		if allowed, err := f.ReserveSMSQuota(t.Context(), noon, 1, maxSMSPerDay); err != nil || allowed != (left > 0) {
			t.Errorf("five attempts count more or less than once: %v, %v with %d left", allowed, err, left)
		}
	}
}

// TestDeliver_SpendLimitAgain checks that an SMS above the limit of the day counts when it is retried.
func TestDeliver_SpendLimitAgain(t *testing.T) {
	f := newFixture(t, notification.Queued)
	for range maxSMSPerDay {
		_, err := f.ReserveSMSQuota(t.Context(), noon, 1, maxSMSPerDay)
		f.must(err)
	}
	for range 2 {
		if _, err := f.deliver(noon, notification.SMS); err != nil || f.delivery(notification.SMS).Reason != notification.ReasonSpendLimit || len(f.sent) > 0 {
			t.Errorf("got %v, %+v, sent %q", err, f.delivery(notification.SMS), f.sent)
		}
	}
}

// TestDeliver_ShareOfCustomers checks that SMS to staff leave a fifth of those of a day to customers.
func TestDeliver_ShareOfCustomers(t *testing.T) {
	for role, want := range map[user.Role]notification.State{user.RoleUser: notification.Sent, user.RoleSupport: notification.Failed, user.RoleAdmin: notification.Failed} {
		f := newFixture(t, notification.Queued)
		f.updateUser(func(u *user.User) { u.Role = role })
		for range maxSMSPerDay - maxSMSPerDay/5 {
			_, err := f.ReserveSMSQuota(t.Context(), noon, 1, maxSMSPerDay)
			f.must(err)
		}
		if _, err := f.deliver(noon, notification.SMS); err != nil || f.delivery(notification.SMS).State != want {
			t.Errorf("%s: got %v, %+v, want %s", role, err, f.delivery(notification.SMS), want)
		}
	}
}

// TestDeliver_SegmentsCount checks that a long SMS counts for each SMS that it is billed as.
func TestDeliver_SegmentsCount(t *testing.T) {
	f := newFixture(t, notification.Queued)
	f.must(f.AddNotifications(t.Context(), notification.Notification{
		ID: "B", UserID: "sara", Kind: notification.KindBroadcast, Title: "خبر", Body: strings.Repeat("س", 200), CreatedAt: noon,
		Deliveries: map[notification.Channel]notification.Delivery{notification.SMS: {State: notification.Queued, At: noon}},
	}))
	if _, err := f.deliverer(noon).Deliver(t.Context(), notification.DeliveryJob{UserID: "sara", ID: "B", Channel: notification.SMS}); err != nil || len(f.sent) != 1 {
		t.Fatalf("got %v, sent %q", err, f.sent)
	}
	for _, c := range []struct {
		segments int
		want     bool
	}{{7, false}, {6, true}, {1, false}} { // of the 10 the SMS has used 4
		if allowed, err := f.ReserveSMSQuota(t.Context(), noon, c.segments, maxSMSPerDay); err != nil || allowed != c.want {
			t.Errorf("%d further segments: got %v, %v, want %v", c.segments, allowed, err, c.want)
		}
	}
}

// TestDeliver_AlreadyClaimed checks that a claimed delivery is not sent until
// the lease has ended.
func TestDeliver_AlreadyClaimed(t *testing.T) {
	f := newFixture(t, notification.Sending)
	if retryAfter, err := f.deliver(noon.Add(20*time.Second), notification.SMS); err == nil || retryAfter < 10*time.Second || len(f.sent) != 0 {
		t.Errorf("claimed: got %v, %v, sent %q", retryAfter, err, f.sent)
	}
	if _, err := f.deliver(noon.Add(40*time.Second), notification.SMS); err != nil || len(f.sent) != 1 {
		t.Errorf("lease ended: got %v, sent %q", err, f.sent)
	}
	f.Before = func(string, string) error { return errProvider }
	if _, err := f.deliver(noon, notification.Email); err == nil {
		t.Error("store failure: no error")
	}
}

// TestDeliver_NoMailer checks that mail is skipped if e-mail is not configured.
func TestDeliver_NoMailer(t *testing.T) {
	f := newFixture(t, notification.Queued)
	d := f.deliverer(noon)
	d.Mailer = nil
	job := notification.DeliveryJob{UserID: "sara", ID: "N", Channel: notification.Email}
	if _, err := d.Deliver(t.Context(), job); err != nil || f.delivery(notification.Email).Reason != notification.ReasonNoProvider {
		t.Errorf("got %v, %+v", err, f.delivery(notification.Email))
	}
}
