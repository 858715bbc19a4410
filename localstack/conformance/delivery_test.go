package conformance

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// postbox is a provider that counts what it is given.
type postbox struct {
	mu   sync.Mutex
	sent map[string]int // by address or number
}

func (p *postbox) Mail(ctx context.Context, m notification.Mail, _ string) error {
	return p.Send(ctx, m.To, m.Text)
}

func (p *postbox) Send(_ context.Context, to, _ string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil {
		p.sent = map[string]int{}
	}
	p.sent[to]++
	return nil
}

func (p *postbox) courier(t *table.Table) *notification.Courier {
	return &notification.Courier{Ledger: t, Mailer: p, Texter: p, Now: wiring.Now, SMSPerDay: 1_000_000}
}

// reachable is a stored person who wants everything on every channel.
func reachable(t *testing.T) user.User {
	t.Helper()
	l := newLogin()
	l.User.Role, l.User.Email, l.User.EmailVerified, l.User.Notify = user.RoleUser, newID()+"@example.com", true, user.Choices{Email: true, SMS: true}
	must(t, open().SaveAccount(t.Context(), l))
	return l.User
}

// waiting is a stored notification with both deliveries queued.
func waiting(t *testing.T, u user.User) notification.Notification {
	t.Helper()
	n := notice(u.ID, 0)
	n.Deliveries = notification.Plan(u, wiring.Now(), notification.Email, notification.SMS)
	must(t, open().Notify(t.Context(), n))
	return n
}

func orderOf(n notification.Notification, channel notification.Channel) notification.Order {
	return notification.Order{UserID: n.UserID, ID: n.ID, Channel: channel}
}

// stateOf is what is stored of a delivery.
func stateOf(t *testing.T, n notification.Notification, channel notification.Channel) string {
	t.Helper()
	page, err := open().Notifications(t.Context(), n.UserID, notification.Query{Limit: 100})
	must(t, err)
	for _, stored := range page.Notifications {
		if stored.ID == n.ID {
			d := stored.Deliveries[channel]
			return fmt.Sprint(d.State, " ", d.Reason, " ", d.Attempts)
		}
	}
	return "none"
}

// TestOrdersTwiceAreSentOnce: ten couriers at once, with the same orders.
func TestOrdersTwiceAreSentOnce(t *testing.T) {
	t.Parallel()
	u, box := reachable(t), &postbox{}
	n := waiting(t, u)
	var wait sync.WaitGroup
	for range 10 {
		for _, channel := range n.Waiting() {
			wait.Go(func() { _, _ = box.courier(open()).Deliver(t.Context(), orderOf(n, channel)) })
		}
	}
	wait.Wait()
	if box.sent[u.Phone] != 1 || box.sent[u.Email] != 1 {
		t.Errorf("got %v, want one of each", box.sent)
	}
	for _, channel := range n.Waiting() {
		if got := stateOf(t, n, channel); got != "sent  1" {
			t.Errorf("%s: got %q", channel, got)
		}
	}
}

// TestDeliveriesLeftBehind: a claim is taken over when its lease has ended, and
// its old holder settles nothing any more.
func TestDeliveriesLeftBehind(t *testing.T) {
	t.Parallel()
	u, box := reachable(t), &postbox{}
	n := waiting(t, u)
	order, now := orderOf(n, notification.SMS), wiring.Now()
	first, claimed, err := open().Claim(t.Context(), order, now, now)
	if err != nil || !claimed {
		t.Fatalf("claim: got %v, %v", claimed, err)
	}
	if wait, err := box.courier(open()).Deliver(t.Context(), order); err == nil || wait <= 0 || len(box.sent) != 0 {
		t.Errorf("in hand: got %v, %v, %v", wait, err, box.sent)
	}
	late := box.courier(open())
	late.Now = func() time.Time { return now.Add(time.Minute) }
	if _, err := late.Deliver(t.Context(), order); err != nil || box.sent[u.Phone] != 1 {
		t.Errorf("left behind: got %v, %v", err, box.sent)
	}
	must(t, open().Settle(t.Context(), first, notification.SMS, notification.Delivery{State: notification.Failed, Attempts: 1}))
	if got := stateOf(t, n, notification.SMS); got != "sent  2" {
		t.Errorf("got %q", got)
	}
}

// TestWhatStopsADelivery, as the table has it.
func TestWhatStopsADelivery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(u user.User, n notification.Notification) error
		email  string
		sms    string
	}{
		"nothing": {func(user.User, notification.Notification) error { return nil }, "sent  1", "sent  1"},
		"the entry is read": {func(u user.User, n notification.Notification) error {
			return open().AddRead(t.Context(), ticket.Mark{TicketID: n.TicketID, Reader: ticket.Author{ID: u.ID}, Seq: n.Seq})
		}, "skipped read 1", "skipped read 1"},
		"an earlier entry is read": {func(u user.User, n notification.Notification) error {
			return open().AddRead(t.Context(), ticket.Mark{TicketID: n.TicketID, Reader: ticket.Author{ID: u.ID}, Seq: n.Seq - 1})
		}, "sent  1", "sent  1"},
		"the notification is read": {func(u user.User, n notification.Notification) error {
			return open().MarkRead(t.Context(), u.ID, []string{n.ID})
		}, "skipped read 1", "skipped read 1"},
		"all are read": {func(u user.User, _ notification.Notification) error { return open().MarkAllRead(t.Context(), u.ID) }, "skipped read 1", "skipped read 1"},
		"the choice": {func(u user.User, _ notification.Notification) error {
			no := false
			_, err := open().UpdateUser(t.Context(), u.ID, account.Patch{NotifyEmail: &no})
			return err
		}, "skipped choice 1", "sent  1"},
		"a bounce": {func(u user.User, _ notification.Notification) error {
			return open().Suppress(t.Context(), notification.Complaint{Address: "  " + u.Email, Reason: "bounce"})
		}, "skipped suppressed 1", "sent  1"},
		"a bounce of this person's": {func(u user.User, _ notification.Notification) error {
			return open().Suppress(t.Context(), notification.Complaint{Address: u.Email, Reason: "bounce", UserID: u.ID})
		}, "skipped unverified 1", "sent  1"},
		"a bounce of an address he had": {func(u user.User, _ notification.Notification) error {
			return open().Suppress(t.Context(), notification.Complaint{Address: "old@example.com", Reason: "bounce", UserID: u.ID})
		}, "sent  1", "sent  1"},
	} {
		u, box := reachable(t), &postbox{}
		n := waiting(t, u)
		must(t, c.before(u, n))
		for _, channel := range n.Waiting() {
			if _, err := box.courier(open()).Deliver(t.Context(), orderOf(n, channel)); err != nil {
				t.Errorf("%s: %s: %v", name, channel, err)
			}
		}
		if email, sms := stateOf(t, n, notification.Email), stateOf(t, n, notification.SMS); email != c.email || sms != c.sms {
			t.Errorf("%s: got mail %q, SMS %q, want %q, %q", name, email, sms, c.email, c.sms)
		}
	}
}

// TestSpendStopsAtTheLimit, however many ask at once.
func TestSpendStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	day := time.Date(2001, 1, 1, 12, 0, 0, 0, time.UTC)
	var (
		wait    sync.WaitGroup
		mu      sync.Mutex
		allowed int
	)
	for range 12 {
		wait.Go(func() {
			ok, err := open().Spend(t.Context(), day, 5)
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
	wait.Wait()
	if allowed != 5 {
		t.Errorf("got %d allowed, want 5", allowed)
	}
}

// TestStreamTwiceTellsOnce: the batches of both stream handlers come twice, and
// so do the orders; the mailbox holds one of each.
func TestStreamTwiceTellsOnce(t *testing.T) {
	t.Parallel()
	u, box := reachable(t), &postbox{}
	desk, categoryID := newDesk(t, open())
	ali := agent("Ali")
	who := u.Principal("")
	ticketID := openTicket(t, desk, categoryID, who)
	answer := say(t, desk, ali, ticketID, "hello")
	say(t, desk, who, ticketID, "thank you")
	maker := &notification.Maker{Store: open(), Tickets: open(), People: open(), Now: wiring.Now}
	var orders orderBook
	project, order := stream.Notices(maker), stream.Ordered(&orders, time.Second)
	for range 2 {
		for _, e := range wholeLog(t, ticketID).Entries {
			must(t, project(t.Context(), table.Change{Created: true, Entry: &e}))
		}
		page, err := open().Notifications(t.Context(), u.ID, notification.Query{Limit: 10})
		must(t, err)
		if len(page.Notifications) != 1 || page.Unread != 1 || page.Notifications[0].Seq != answer.Seq {
			t.Fatalf("got %d unread, %+v, want one of seq %d", page.Unread, page.Notifications, answer.Seq)
		}
		planned := page.Notifications[0] // as the stream shows it: new
		planned.Deliveries = notification.Plan(u, wiring.Now(), notification.Email, notification.SMS)
		must(t, order(t.Context(), table.Change{Created: true, Notice: &planned}))
		send := stream.Orders(box.courier(open()), &orders, slog.New(slog.DiscardHandler))
		for range 2 {
			out, err := send(t.Context(), events.SQSEvent{Records: orders.messages})
			if err != nil || len(out.BatchItemFailures) != 0 {
				t.Logf("some are in hand: %v, %v", out.BatchItemFailures, err)
			}
		}
	}
	if box.sent[u.Phone] != 1 || box.sent[u.Email] != 1 {
		t.Errorf("got %v, want one of each", box.sent)
	}
}

// orderBook is a queue.
type orderBook struct{ messages []events.SQSMessage }

func (b *orderBook) Send(_ context.Context, _ time.Duration, orders ...notification.Order) error {
	for _, o := range orders {
		body := fmt.Sprintf(`{"userId":%q,"id":%q,"channel":%q}`, o.UserID, o.ID, o.Channel)
		b.messages = append(b.messages, events.SQSMessage{MessageId: newID(), Body: body})
	}
	return nil
}

func (b *orderBook) Hide(context.Context, string, time.Duration) error { return nil }

// notificationCosts are those of telling people.
func notificationCosts() []cost {
	var last notification.Notification
	page := func(ctx context.Context, k *market, q notification.Query) error {
		got, err := k.store.Notifications(ctx, k.sara.UserID, q)
		if err == nil && len(got.Notifications) != q.Limit {
			err = fmt.Errorf("got %d, want %d", len(got.Notifications), q.Limit)
		}
		return err
	}
	return []cost{
		{name: "stream: a reply makes a notification", golden: price{3, 2, 4}, run: func(ctx context.Context, k *market) error {
			maker := &notification.Maker{Store: k.store, Tickets: k.store, People: k.store, Now: wiring.Now}
			return maker.Entry(ctx, k.entry(61, k.ali, anAnswer))
		}},
		{
			name: "notifications (20)", floor: "1 / 1 / 0", golden: price{1, 1.5, 0},
			before: func(ctx context.Context, k *market) error {
				for i := range 25 {
					last = notice(k.sara.UserID, i*1000)
					last.Body = "سلام، پرداخت شما را دیدیم. مبلغ اضافه تا دو روز کاری به حساب شما برمی‌گردد."
					if err := open().Notify(ctx, last); err != nil {
						return err
					}
				}
				return nil
			},
			run: func(ctx context.Context, k *market) error { return page(ctx, k, notification.Query{Limit: 20}) },
		},
		{name: "read a notification", golden: price{2, 2, 4}, run: func(ctx context.Context, k *market) error {
			return k.store.MarkRead(ctx, k.sara.UserID, []string{last.ID})
		}},
		{name: "read all notifications", golden: price{2, 1, 1}, run: func(ctx context.Context, k *market) error {
			return k.store.MarkAllRead(ctx, k.sara.UserID)
		}},
		{
			name: "send an SMS", golden: price{4, 4, 3},
			before: func(ctx context.Context, k *market) error {
				last = notice(k.sara.UserID, -1000)
				return open().Notify(ctx, last)
			},
			run: func(ctx context.Context, k *market) error {
				_, err := (&postbox{}).courier(k.store).Deliver(ctx, orderOf(last, notification.SMS))
				return err
			},
		},
	}
}
