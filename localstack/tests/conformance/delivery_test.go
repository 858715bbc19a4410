package conformance

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/worker"
)

// TestDeliver_DuplicateJobs runs ten deliverers at once with the same jobs.
func TestDeliver_DuplicateJobs(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		u, mailer := newReachableUser(t, db), &fakeMailer{}
		n := newPendingNotification(t, db, u)
		var wg sync.WaitGroup
		for range 10 {
			for _, channel := range n.PendingChannels() {
				wg.Go(func() { _, _ = mailer.deliverer(db.open()).Deliver(t.Context(), jobFor(n, channel)) })
			}
		}
		wg.Wait()
		if mailer.sent[u.Phone] != 1 || mailer.sent[u.Email] != 1 {
			t.Errorf("got %v, want one of each", mailer.sent)
		}
		for _, channel := range n.PendingChannels() {
			if got := deliveryState(t, db, n, channel); got != "sent  1" {
				t.Errorf("%s: got %q", channel, got)
			}
		}
	})
}

// TestClaimDelivery_ExpiredLease checks that an expired claim is taken over, and that
// its previous holder can no longer complete the delivery.
func TestClaimDelivery_ExpiredLease(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		u, mailer := newReachableUser(t, db), &fakeMailer{}
		n := newPendingNotification(t, db, u)
		job, now := jobFor(n, notification.SMS), app.Now()
		first := claim(t, db, job, now)
		if wait, err := mailer.deliverer(db.open()).Deliver(t.Context(), job); err == nil || wait <= 0 || len(mailer.sent) != 0 {
			t.Errorf("in progress: got %v, %v, %v", wait, err, mailer.sent)
		}
		deliverer := mailer.deliverer(db.open())
		deliverer.Now = func() time.Time { return now.Add(time.Minute) }
		if _, err := deliverer.Deliver(t.Context(), job); err != nil || mailer.sent[u.Phone] != 1 {
			t.Errorf("expired: got %v, %v", err, mailer.sent)
		}
		must(t, db.open().CompleteDelivery(t.Context(), first, notification.SMS, notification.Delivery{State: notification.Failed, Attempts: 1}))
		if got := deliveryState(t, db, n, notification.SMS); got != "sent  2" {
			t.Errorf("got %q", got)
		}
	})
}

// TestDeliver_GroupsReplies runs the jobs of six replies to one ticket at once, twice,
// and of one to another ticket. Each ticket gets one message on each channel.
func TestDeliver_GroupsReplies(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		u, mailer := newReachableUser(t, db), &fakeMailer{}
		replies := newPendingReplies(t, db, u, 6)
		other := newPendingReplies(t, db, u, 1)[0]
		var wg sync.WaitGroup
		for range 2 {
			for _, n := range append([]notification.Notification{other}, replies...) {
				for _, channel := range n.PendingChannels() {
					wg.Go(func() { _, _ = mailer.deliverer(db.open()).Deliver(t.Context(), jobFor(n, channel)) })
				}
			}
		}
		wg.Wait()
		if mailer.sent[u.Phone] != 2 || mailer.sent[u.Email] != 2 {
			t.Errorf("got %v, want two of each", mailer.sent)
		}
		states := map[string]int{}
		for _, n := range replies {
			states[deliveryState(t, db, n, notification.SMS)]++
		}
		if states["sent  1"] != 1 || states["skipped grouped 0"] != 5 {
			t.Errorf("got %v", states)
		}
	})
}

// TestDeliver_GroupAfterCrash lets a worker die after it has grouped two replies, and
// checks that one message reports both and a third one.
func TestDeliver_GroupAfterCrash(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		u, mailer := newReachableUser(t, db), &fakeMailer{}
		english := locale.English
		_, err := db.open().UpdateUser(t.Context(), u.ID, account.ProfileUpdate{Locale: &english})
		must(t, err)
		replies := newPendingReplies(t, db, u, 2)
		now, job := app.Now(), jobFor(replies[0], notification.SMS)
		claimed, err := db.open().ClaimDelivery(t.Context(), replies[0], notification.SMS, replies[1:], now)
		if err != nil || !claimed {
			t.Fatalf("claim: got %v, %v", claimed, err)
		}
		if again, err := db.open().ClaimDelivery(t.Context(), replies[1], notification.SMS, replies[:1], now); again || err != nil {
			t.Errorf("a second claim: got %v, %v", again, err)
		}
		third := newPendingNotificationOf(u, 9)
		third.TicketID = replies[0].TicketID
		must(t, db.open().AddNotifications(t.Context(), third))
		deliverer := mailer.deliverer(db.open())
		deliverer.Now = func() time.Time { return now.Add(time.Minute) }
		for _, job := range []notification.DeliveryJob{jobFor(replies[1], notification.SMS), job, jobFor(third, notification.SMS)} {
			if _, err := deliverer.Deliver(t.Context(), job); err != nil {
				t.Error(err)
			}
		}
		if mailer.sent[u.Phone] != 1 || !strings.Contains(mailer.last, "3 new replies") {
			t.Errorf("got %v, %q, want one SMS about three replies", mailer.sent, mailer.last)
		}
	})
}

// TestDeliver_SkipReasons checks each reason to skip a delivery, as stored in the
// table.
func TestDeliver_SkipReasons(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		for name, c := range map[string]struct {
			before func(u user.User, n notification.Notification) error
			email  string
			sms    string
		}{
			"nothing": {func(user.User, notification.Notification) error { return nil }, "sent  1", "sent  1"},
			"entry read": {func(u user.User, n notification.Notification) error {
				return db.open().CreateReadMarker(t.Context(), ticket.ReadMarker{TicketID: n.TicketID, Reader: ticket.Author{ID: u.ID}, Seq: n.Seq})
			}, "skipped read 1", "skipped read 1"},
			"earlier entry read": {func(u user.User, n notification.Notification) error {
				return db.open().CreateReadMarker(t.Context(), ticket.ReadMarker{TicketID: n.TicketID, Reader: ticket.Author{ID: u.ID}, Seq: n.Seq - 1})
			}, "sent  1", "sent  1"},
			"notification read": {func(u user.User, n notification.Notification) error {
				return db.open().MarkNotificationsRead(t.Context(), u.ID, []string{n.ID})
			}, "skipped read 1", "skipped read 1"},
			"all notifications read": {func(u user.User, _ notification.Notification) error {
				return db.open().MarkAllNotificationsRead(t.Context(), u.ID)
			}, "skipped read 1", "skipped read 1"},
			"opted out": {func(u user.User, _ notification.Notification) error {
				no := false
				_, err := db.open().UpdateUser(t.Context(), u.ID, account.ProfileUpdate{NotifyEmail: &no})
				return err
			}, "skipped choice 1", "sent  1"},
			"bounce": {func(u user.User, _ notification.Notification) error {
				return db.open().Suppress(t.Context(), notification.MailFeedback{Address: "  " + u.Email, Reason: "bounce"})
			}, "skipped suppressed 1", "sent  1"},
			"bounce of the user's address": {func(u user.User, _ notification.Notification) error {
				return db.open().Suppress(t.Context(), notification.MailFeedback{Address: u.Email, Reason: "bounce", UserID: u.ID})
			}, "skipped unverified 1", "sent  1"},
			"bounce of the user's previous address": {func(u user.User, _ notification.Notification) error {
				return db.open().Suppress(t.Context(), notification.MailFeedback{Address: "old@example.com", Reason: "bounce", UserID: u.ID})
			}, "sent  1", "sent  1"},
		} {
			u, mailer := newReachableUser(t, db), &fakeMailer{}
			n := newPendingNotification(t, db, u)
			must(t, c.before(u, n))
			for _, channel := range n.PendingChannels() {
				if _, err := mailer.deliverer(db.open()).Deliver(t.Context(), jobFor(n, channel)); err != nil {
					t.Errorf("%s: %s: %v", name, channel, err)
				}
			}
			if email, sms := deliveryState(t, db, n, notification.Email), deliveryState(t, db, n, notification.SMS); email != c.email || sms != c.sms {
				t.Errorf("%s: got email %q, SMS %q, want %q, %q", name, email, sms, c.email, c.sms)
			}
		}
	})
}

// TestReserveSMSQuota_Limit requests more than the quota concurrently.
func TestReserveSMSQuota_Limit(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		day := time.Date(2001, 1, 1, 12, 0, 0, 0, time.UTC)
		var (
			wg      sync.WaitGroup
			mu      sync.Mutex
			allowed int
		)
		for range 12 {
			wg.Go(func() {
				ok, err := db.open().ReserveSMSQuota(t.Context(), day, 2, 11)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if ok {
					allowed++
				}
			})
		}
		wg.Wait()
		if allowed != 5 {
			t.Errorf("got %d allowed, want 5", allowed)
		}
		for _, c := range []struct {
			day      time.Time
			segments int
			want     bool
		}{{day, 1, true}, {day, 1, false}, {day.AddDate(0, 0, 1), 12, false}, {day.AddDate(0, 0, 1), 11, true}} {
			if got, err := db.open().ReserveSMSQuota(t.Context(), c.day, c.segments, 11); err != nil || got != c.want {
				t.Errorf("%d segments: got %v, %v, want %v", c.segments, got, err, c.want)
			}
		}
	})
}

// TestStream_DuplicateNotifications delivers every stream batch and every job twice,
// and checks that each channel sends once.
func TestStream_DuplicateNotifications(t *testing.T) {
	t.Parallel()
	u, mailer := newReachableUser(t, onDynamo), &fakeMailer{}
	service, categoryID := newTicketService(t, openStore())
	ali := agent("Ali")
	actor := u.Principal("")
	ticketID := openTicket(t, service, categoryID, actor)
	reply := postMessage(t, service, ali, ticketID, "hello")
	postMessage(t, service, actor, ticketID, "thank you")
	notifier := &notification.Notifier{Store: openStore(), Tickets: openStore(), Users: openStore(), Now: app.Now}
	var queue fakeQueue
	project, enqueue := stream.CreateNotifications(notifier), stream.EnqueueDeliveries(&queue, time.Second)
	for range 2 {
		for _, e := range readLog(t, onDynamo, ticketID).Entries {
			must(t, project(t.Context(), event.EntryAppended{Entry: e}))
		}
		page, err := openStore().ListNotifications(t.Context(), u.ID, notification.Query{Limit: 10})
		must(t, err)
		if len(page.Notifications) != 1 || page.Unread != 1 || page.Notifications[0].Seq != reply.Seq {
			t.Fatalf("got %d unread, %+v, want one of seq %d", page.Unread, page.Notifications, reply.Seq)
		}
		pending := page.Notifications[0] // as in the stream record of the insert
		pending.Deliveries = notification.PlanDeliveries(u, app.Now(), notification.Email, notification.SMS)
		must(t, enqueue(t.Context(), event.NotificationCreated{Notification: pending}))
		send := (&worker.Deliveries{Deliverer: mailer.deliverer(openStore()), Queue: &queue, Log: slog.New(slog.DiscardHandler)}).HandleBatch()
		for range 2 {
			out, err := send(t.Context(), events.SQSEvent{Records: queue.messages})
			if err != nil || len(out.BatchItemFailures) != 0 {
				t.Logf("some are in progress: %v, %v", out.BatchItemFailures, err)
			}
		}
	}
	if mailer.sent[u.Phone] != 1 || mailer.sent[u.Email] != 1 {
		t.Errorf("got %v, want one of each", mailer.sent)
	}
}
