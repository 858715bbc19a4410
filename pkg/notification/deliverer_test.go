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

// memStore implements DeliveryStore for one notification, and both providers.
type memStore struct {
	notification notification.Notification
	recipient    notification.Recipient
	suppressed   bool
	quotaUsed    bool
	providerErr  error
	sent         []string
	storeErr     error
}

func newMemStore() *memStore {
	return &memStore{
		notification: notification.Notification{
			ID: "N", UserID: "sara", Kind: notification.KindReply, TicketID: "01BX5ZZKBKACTAV9WEVGEMMVRZ", Title: "The parcel", Body: "We look", Author: "Ali",
			Deliveries: map[notification.Channel]notification.Delivery{
				notification.Email: {State: notification.Queued}, notification.SMS: {State: notification.Queued},
			},
		},
		recipient: notification.Recipient{Found: true, User: user.User{
			ID: "sara", Phone: "+989121234567", Name: "Sara", Email: "s@b.ir", EmailVerified: true, Locale: "en", Notifications: user.NotificationPreferences{Email: true, SMS: true},
		}},
	}
}

func (s *memStore) ClaimDelivery(_ context.Context, job notification.DeliveryJob, now, staleBefore time.Time) (notification.Notification, bool, error) {
	d := s.notification.Deliveries[job.Channel]
	claimed := d.State == notification.Queued || d.State == notification.Failed || d.State == notification.Sending && d.At.Before(staleBefore)
	if s.notification.ID != job.ID {
		return notification.Notification{}, false, s.storeErr
	}
	if claimed {
		d.State, d.At = notification.Sending, now
		d.Attempts++
		s.notification.Deliveries[job.Channel] = d
	}
	return s.notification, claimed, s.storeErr
}

func (s *memStore) CompleteDelivery(_ context.Context, _ notification.Notification, channel notification.Channel, d notification.Delivery) error {
	s.notification.Deliveries[channel] = d
	return nil
}

func (s *memStore) DeliveryRecipient(context.Context, notification.Notification) (notification.Recipient, error) {
	return s.recipient, nil
}

func (s *memStore) IsSuppressed(context.Context, string) (bool, error) { return s.suppressed, nil }

func (s *memStore) ReserveSMSQuota(context.Context, time.Time, int) (bool, error) {
	return !s.quotaUsed, nil
}

func (s *memStore) Mail(_ context.Context, m notification.Mail, userID string) error {
	s.sent = append(s.sent, fmt.Sprint("mail to ", m.To, " of ", userID, ": ", m.Subject))
	return s.providerErr
}

func (s *memStore) Send(_ context.Context, to, text string) error {
	s.sent = append(s.sent, fmt.Sprint("SMS to ", to, ": ", text))
	return s.providerErr
}

func (s *memStore) deliverer(now time.Time) *notification.Deliverer {
	return &notification.Deliverer{Store: s, Mailer: s, SMS: s, Now: func() time.Time { return now }, MaxSMSPerDay: 1}
}

func jobFor(channel notification.Channel) notification.DeliveryJob {
	return notification.DeliveryJob{UserID: "sara", ID: "N", Channel: channel}
}

// TestDeliver checks what is sent, and the reasons to skip a delivery.
func TestDeliver(t *testing.T) {
	const mailed, messaged = "mail to s@b.ir of sara: New reply: The parcel", "SMS to +989121234567: TicketSystem: support has answered your ticket VGEM-MVRZ."
	for name, c := range map[string]struct {
		change  func(s *memStore)
		channel notification.Channel
		want    string
		sent    int
	}{
		"mail":                 {func(*memStore) {}, notification.Email, "sent", 1},
		"SMS":                  {func(*memStore) {}, notification.SMS, "sent", 1},
		"read":                 {func(s *memStore) { s.recipient.Read = true }, notification.SMS, "skipped read", 0},
		"user deleted":         {func(s *memStore) { s.recipient.Found = false }, notification.SMS, "skipped gone", 0},
		"disabled":             {func(s *memStore) { s.recipient.User.Disabled = true }, notification.SMS, "skipped gone", 0},
		"SMS disabled":         {func(s *memStore) { s.recipient.User.Notifications.SMS = false }, notification.SMS, "skipped choice", 0},
		"mail disabled":        {func(s *memStore) { s.recipient.User.Notifications.Email = false }, notification.Email, "skipped choice", 0},
		"no address":           {func(s *memStore) { s.recipient.User.Email = "" }, notification.Email, "skipped no_address", 0},
		"not verified":         {func(s *memStore) { s.recipient.User.EmailVerified = false }, notification.Email, "skipped unverified", 0},
		"bounced":              {func(s *memStore) { s.suppressed = true }, notification.Email, "skipped suppressed", 0},
		"bounced, by SMS":      {func(s *memStore) { s.suppressed = true }, notification.SMS, "sent", 1},
		"quota used":           {func(s *memStore) { s.quotaUsed = true }, notification.SMS, "failed spend_limit", 0},
		"quota used, by mail":  {func(s *memStore) { s.quotaUsed = true }, notification.Email, "sent", 1},
		"already sent":         {func(s *memStore) { s.set(notification.SMS, notification.Sent) }, notification.SMS, "sent", 0},
		"already skipped":      {func(s *memStore) { s.set(notification.SMS, notification.Skipped) }, notification.SMS, "skipped", 0},
		"failed before":        {func(s *memStore) { s.set(notification.SMS, notification.Failed) }, notification.SMS, "sent", 1},
		"another notification": {func(s *memStore) { s.notification.ID = "M" }, notification.SMS, "queued", 0},
	} {
		s := newMemStore()
		c.change(s)
		for range 2 { // a repeated job changes nothing
			if _, err := s.deliverer(noon).Deliver(t.Context(), jobFor(c.channel)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if c.want == "failed spend_limit" {
				break
			}
		}
		d := s.notification.Deliveries[c.channel]
		got := string(d.State)
		if d.Reason != "" {
			got += " " + d.Reason
		}
		if got != c.want || len(s.sent) != c.sent {
			t.Errorf("%s: got %s and %q, want %s and %d", name, got, s.sent, c.want, c.sent)
		}
		for _, sent := range s.sent {
			if sent != mailed && sent != messaged {
				t.Errorf("%s: got %q", name, sent)
			}
		}
	}
}

func (s *memStore) set(channel notification.Channel, state notification.State) {
	s.notification.Deliveries[channel] = notification.Delivery{State: state}
}

// TestDeliver_RetriesFailures checks the growing delay and the stored reason.
func TestDeliver_RetriesFailures(t *testing.T) {
	s := newMemStore()
	s.providerErr = errProvider
	for attempt, want := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second} {
		wait, err := s.deliverer(noon).Deliver(t.Context(), jobFor(notification.SMS))
		d := s.notification.Deliveries[notification.SMS]
		if !errors.Is(err, errProvider) || wait != want || d.State != notification.Failed || d.Attempts != attempt+1 || d.Reason != errProvider.Error() {
			t.Errorf("attempt %d: got %v after %v, %+v, want %v", attempt+1, err, wait, d, want)
		}
		if d.PublicReason() != notification.ReasonProvider {
			t.Errorf("public reason: got %q", d.PublicReason())
		}
	}
	s.providerErr = nil
	if _, err := s.deliverer(noon).Deliver(t.Context(), jobFor(notification.SMS)); err != nil || s.notification.Deliveries[notification.SMS].State != notification.Sent {
		t.Errorf("got %v, %+v, want it sent", err, s.notification.Deliveries[notification.SMS])
	}
}

// TestDeliver_AlreadyClaimed checks that a claimed delivery is not sent until
// the lease has ended.
func TestDeliver_AlreadyClaimed(t *testing.T) {
	s := newMemStore()
	s.notification.Deliveries[notification.SMS] = notification.Delivery{State: notification.Sending, Attempts: 1, At: noon}
	if wait, err := s.deliverer(noon.Add(20*time.Second)).Deliver(t.Context(), jobFor(notification.SMS)); err == nil || wait < 10*time.Second || len(s.sent) != 0 {
		t.Errorf("claimed: got %v, %v, sent %q", wait, err, s.sent)
	}
	if _, err := s.deliverer(noon.Add(40*time.Second)).Deliver(t.Context(), jobFor(notification.SMS)); err != nil || len(s.sent) != 1 {
		t.Errorf("lease ended: got %v, sent %q", err, s.sent)
	}
	s.storeErr = errProvider
	if _, err := s.deliverer(noon).Deliver(t.Context(), jobFor(notification.Email)); err == nil {
		t.Error("store failure: no error")
	}
}

// TestDeliver_NoMailer checks that mail is skipped if e-mail is not configured.
func TestDeliver_NoMailer(t *testing.T) {
	s := newMemStore()
	d := s.deliverer(noon)
	d.Mailer = nil
	if _, err := d.Deliver(t.Context(), jobFor(notification.Email)); err != nil || s.notification.Deliveries[notification.Email].Reason != notification.ReasonNoProvider {
		t.Errorf("got %v, %+v", err, s.notification.Deliveries[notification.Email])
	}
}
