package conformance

import (
	"context"
	"errors"
	"slices"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
)

// brokenProvider accepts no message.
type brokenProvider struct{}

func (brokenProvider) Mail(context.Context, notification.Mail, string) error {
	return errors.New("mail is down")
}

func (brokenProvider) Send(context.Context, string, string) error { return errors.New("SMS is down") }

// failedPositions returns the positions of all failed deliveries of notifications.
func failedPositions(t *testing.T, store testStore, limit int) (positions []string) {
	t.Helper()
	for after, page := "", 0; page == 0 || after != ""; page++ {
		list, next, err := store.FailedDeliveries(t.Context(), after, limit)
		must(t, err)
		for _, d := range list {
			positions = append(positions, d.Position())
		}
		if len(list) > limit {
			t.Fatalf("got a page of %d, want at most %d", len(list), limit)
		}
		after = next
	}
	return positions
}

// TestFailedDeliveries lists deliveries that failed, retries them, and checks that each is sent
// once and leaves the list.
func TestFailedDeliveries(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		store := db.isolated()
		l := newLogin()
		l.User.Email, l.User.EmailVerified, l.User.Notifications.Email, l.User.Notifications.SMS = newID()+"@example.com", true, true, true
		must(t, store.PutAccount(t.Context(), l))
		broken := (&fakeMailer{}).deliverer(store)
		broken.Mailer, broken.SMS = brokenProvider{}, brokenProvider{}
		var all []notification.Notification // newest first
		for n := range 3 {
			one := newPendingNotificationOf(l.User, 3000-n*1000)
			all = append([]notification.Notification{one}, all...)
			must(t, store.AddNotifications(t.Context(), one))
		}
		fail := func(n notification.Notification, channel notification.Channel) {
			t.Helper()
			if _, err := broken.Deliver(t.Context(), jobFor(n, channel)); err == nil {
				t.Fatal("a broken provider accepted a message")
			}
		}
		fail(all[2], notification.Email)
		fail(all[0], notification.SMS)
		fail(all[0], notification.Email)
		fail(all[1], notification.SMS)
		at := func(n int, channel notification.Channel) string { return all[n].ID + "/" + string(channel) }
		want := []string{at(0, notification.Email), at(0, notification.SMS), at(1, notification.SMS), at(2, notification.Email)}
		for _, limit := range []int{1, 2, 3, 100} {
			equal(t, "failed deliveries", failedPositions(t, store, limit), want)
		}
		queue := &fakeQueue{}
		retrier := &notification.Retrier{Store: store, Queue: queue, Recorder: recorder}
		retried, err := retrier.Retry(t.Context(), adminActor, all[0].ID, notification.SMS)
		must(t, err)
		equal(t, "state", retried.Notification.Deliveries[notification.SMS].State, notification.Queued)
		_, err = retrier.Retry(t.Context(), adminActor, all[0].ID, notification.SMS)
		wantCode(t, "retry twice", err, apperr.DeliveryNotFailed)
		equal(t, "jobs", len(queue.messages), 1)
		equal(t, "failed deliveries", failedPositions(t, store, 2), slices.Delete(slices.Clone(want), 1, 2))
		mailer := &fakeMailer{}
		for range 2 {
			_, err = mailer.deliverer(store).Deliver(t.Context(), jobFor(all[0], notification.SMS))
			must(t, err)
		}
		equal(t, "messages", mailer.sent, map[string]int{l.Phone: 1})
		_, err = retrier.Retry(t.Context(), adminActor, all[0].ID, notification.SMS)
		wantCode(t, "retry a sent delivery", err, apperr.DeliveryNotFailed)
		_, err = retrier.Retry(t.Context(), adminActor, newID(), notification.SMS)
		wantCode(t, "retry an unknown delivery", err, apperr.DeliveryNotFound)
		_, err = mailer.deliverer(store).Deliver(t.Context(), jobFor(all[2], notification.Email)) // a retry by the queue
		must(t, err)
		equal(t, "failed deliveries", failedPositions(t, store, 1), []string{want[0], want[2]})
		records, _, err := store.AuditRecords(t.Context(), audit.Query{Target: at(0, notification.SMS), Limit: 10})
		must(t, err)
		equal(t, "audit records", len(records), 1)
	})
}
