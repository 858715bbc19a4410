package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/worker"
)

// fakeMailer counts the emails and SMS per recipient.
type fakeMailer struct {
	mu   sync.Mutex
	sent map[string]int // by email address or phone number
	last string         // the text sent last
}

func (f *fakeMailer) Mail(ctx context.Context, m notification.Mail, _ string) error {
	return f.Send(ctx, m.To, m.Text)
}

func (f *fakeMailer) Send(_ context.Context, to, text string) error {
	f.mu.Lock()
	f.last = text
	defer f.mu.Unlock()
	if f.sent == nil {
		f.sent = map[string]int{}
	}
	f.sent[to]++
	return nil
}

func (f *fakeMailer) deliverer(t testStore) *notification.Deliverer {
	return &notification.Deliverer{Store: t, Mailer: f, SMS: f, Now: app.Now, MaxSMSPerDay: 1_000_000}
}

// newReachableUser stores a user who has enabled all notification channels.
func newReachableUser(t *testing.T, db backend) user.User {
	t.Helper()
	l := newLogin()
	l.User.Role, l.User.Email, l.User.EmailVerified, l.User.Notifications = user.RoleUser, newID()+"@example.com", true, user.NotificationPreferences{Email: true, SMS: true}
	must(t, db.open().PutAccount(t.Context(), l))
	return l.User
}

// newPendingNotification stores a notification with both deliveries queued.
func newPendingNotification(t *testing.T, db backend, u user.User) notification.Notification {
	t.Helper()
	n := newPendingNotificationOf(u, 0)
	must(t, db.open().AddNotifications(t.Context(), n))
	return n
}

// newPendingNotificationOf returns a notification of some milliseconds ago or later.
func newPendingNotificationOf(u user.User, ms int) notification.Notification {
	n := newNotification(u.ID, ms)
	n.Deliveries = notification.PlanDeliveries(u, app.Now(), notification.Email, notification.SMS)
	return n
}

func jobFor(n notification.Notification, channel notification.Channel) notification.DeliveryJob {
	return notification.DeliveryJob{UserID: n.UserID, ID: n.ID, Channel: channel, TicketID: n.TicketID}
}

// claim claims a delivery and returns the notification as the claim stored it.
func claim(t *testing.T, db backend, job notification.DeliveryJob, now time.Time) notification.Notification {
	t.Helper()
	c, err := db.open().DeliveryInput(t.Context(), job)
	must(t, err)
	n := c.Notification
	claimed, err := db.open().ClaimDelivery(t.Context(), n, job.Channel, nil, now)
	if err != nil || !claimed {
		t.Fatalf("claim: got %v, %v", claimed, err)
	}
	d := n.Deliveries[job.Channel]
	d.State, d.At = notification.Sending, now
	d.Attempts++
	n.Deliveries[job.Channel] = d
	return n
}

// deliveryState returns the stored state of a delivery.
func deliveryState(t *testing.T, db backend, n notification.Notification, channel notification.Channel) string {
	t.Helper()
	page, err := db.open().ListNotifications(t.Context(), n.UserID, notification.Query{Limit: 100})
	must(t, err)
	for _, stored := range page.Notifications {
		if stored.ID == n.ID {
			d := stored.Deliveries[channel]
			return fmt.Sprint(d.State, " ", d.Reason, " ", d.Attempts)
		}
	}
	return "none"
}

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

// newPendingReplies stores n notifications of one ticket, with both deliveries queued.
func newPendingReplies(t *testing.T, db backend, u user.User, n int) []notification.Notification {
	t.Helper()
	var list []notification.Notification
	for i := range n {
		next := newPendingNotificationOf(u, i)
		if i > 0 {
			next.TicketID = list[0].TicketID
		}
		must(t, db.open().AddNotifications(t.Context(), next))
		list = append(list, next)
	}
	return list
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
				ok, err := db.open().ReserveSMSQuota(t.Context(), day, 5)
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
	project, enqueue := stream.CreateNotifications(notifier), stream.EnqueueDeliveries(&queue, nil, time.Second)
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

// fakeQueue collects delivery jobs as SQS messages.
type fakeQueue struct{ messages []events.SQSMessage }

func (q *fakeQueue) Send(_ context.Context, _ time.Duration, jobs ...notification.DeliveryJob) error {
	for _, job := range jobs {
		body, err := json.Marshal(job)
		if err != nil {
			return err
		}
		q.messages = append(q.messages, events.SQSMessage{MessageId: newID(), Body: string(body)})
	}
	return nil
}

func (q *fakeQueue) ChangeVisibility(context.Context, string, time.Duration) error { return nil }

// notificationCosts covers creating, listing, reading and sending notifications.
func notificationCosts() []costCase {
	var last notification.Notification
	page := func(ctx context.Context, f *costFixture, q notification.Query) error {
		got, err := f.store.ListNotifications(ctx, f.sara.UserID, q)
		if err == nil && len(got.Notifications) != q.Limit {
			err = fmt.Errorf("got %d, want %d", len(got.Notifications), q.Limit)
		}
		return err
	}
	return []costCase{
		{name: "stream: create a notification for a reply", golden: cost{3, 2, 4}, run: func(ctx context.Context, f *costFixture) error {
			notifier := &notification.Notifier{Store: f.store, Tickets: f.store, Users: f.store, Now: app.Now}
			return notifier.NotifyEntry(ctx, f.entry(61, f.ali, sampleReply))
		}},
		{
			name: "notifications (20)", budget: "1 / 1 / 0", golden: cost{1, 1.5, 0},
			prepare: func(ctx context.Context, f *costFixture) error {
				for i := range 25 {
					last = newNotification(f.sara.UserID, i*1000)
					last.Body = "سلام، پرداخت شما را دیدیم. مبلغ اضافه تا دو روز کاری به حساب شما برمی‌گردد."
					if err := openStore().AddNotifications(ctx, last); err != nil {
						return err
					}
				}
				return nil
			},
			run: func(ctx context.Context, f *costFixture) error { return page(ctx, f, notification.Query{Limit: 20}) },
		},
		{name: "mark a notification read", golden: cost{2, 2, 4}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.MarkNotificationsRead(ctx, f.sara.UserID, []string{last.ID})
		}},
		{name: "mark all notifications read", golden: cost{2, 1, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.MarkAllNotificationsRead(ctx, f.sara.UserID)
		}},
		{
			name: "send an SMS", golden: cost{5, 8, 3},
			prepare: func(ctx context.Context, f *costFixture) error {
				last = newNotification(f.sara.UserID, -1000)
				return openStore().AddNotifications(ctx, last)
			},
			run: func(ctx context.Context, f *costFixture) error {
				_, err := (&fakeMailer{}).deliverer(f.store).Deliver(ctx, jobFor(last, notification.SMS))
				return err
			},
		},
	}
}

// TestSuppressions lists suppressed addresses by page and deletes one, in another
// letter case than it was reported.
func TestSuppressions(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		start := strings.ToLower(newID()) // other tests suppress addresses too
		first, second := start+"-@example.com", start+"~@example.com"
		for _, address := range []string{second, strings.ToUpper(first)} {
			must(t, db.open().Suppress(t.Context(), notification.MailFeedback{Address: address, Reason: "bounce"}))
		}
		list, err := db.open().Suppressions(t.Context(), start, 1)
		must(t, err)
		if len(list) != 1 || list[0].Address != first || list[0].Reason != "bounce" || time.Since(list[0].At).Abs() > time.Hour {
			t.Errorf("got %+v, want %s", list, first)
		}
		list, err = db.open().Suppressions(t.Context(), first, 1)
		must(t, err)
		if len(list) != 1 || list[0].Address != second {
			t.Errorf("got %+v, want %s", list, second)
		}
		record := recorder.NewRecord(adminActor, "test", newID(), nil, nil)
		must(t, db.open().DeleteSuppression(t.Context(), strings.ToUpper(second[:3])+second[3:], record))
		wantCode(t, "delete twice", db.open().DeleteSuppression(t.Context(), second, record), apperr.SuppressionNotFound)
		for address, want := range map[string]bool{strings.ToUpper(first): true, second: false} {
			if got, err := db.open().IsSuppressed(t.Context(), address); got != want || err != nil {
				t.Errorf("%s: got %v, %v, want %v", address, got, err, want)
			}
		}
		records, err := db.open().AuditRecords(t.Context(), "", 20)
		must(t, err)
		if !slices.ContainsFunc(records, func(r audit.Record) bool { return r.ID == record.ID }) {
			t.Error("there is no audit record")
		}
	})
}
