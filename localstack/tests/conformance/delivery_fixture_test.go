package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
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
