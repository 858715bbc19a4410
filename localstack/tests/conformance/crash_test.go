package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// crashCase is an operation that is repeated after a crash. prepare writes its input to
// the table and returns the operation, to be run on the store of one process.
type crashCase struct {
	name         string
	prepare      func(t *testing.T, s isolatedTable) (run func(store *dynamo.Store, m *crashingClient) error)
	ignored      []string // fields that may differ
	ignoreReason string   // why they may differ
}

// TestCrashPoints crashes the process before and after each of its calls, repeats the
// operation, and compares the whole table with an undisturbed run.
func TestCrashPoints(t *testing.T) {
	var rows []string
	points, matched := 0, 0
	for _, c := range crashCases() {
		t.Run(c.name, func(t *testing.T) {
			calls, passed, total := c.crashEverywhere(t)
			points, matched = points+total, matched+passed
			rows = append(rows, fmt.Sprintf("| %s | %s | %d | %d | %s |", c.name, strings.Join(calls, ", "), total, passed, c.ignoreReason))
		})
	}
	must(t, report.Record(report.Result{
		Check: "crash-points", Name: "same state after a crash and a repeat", Target: "at every point", Pass: points > 0 && points == matched,
		Value: fmt.Sprintf("at %d of %d points of %d operations", matched, points, len(rows)),
	}))
	must(t, report.Detail("crash-points", "Crash before and after each call", "| operation | calls | points | same | not compared |\n|---|---|---|---|---|\n"+strings.Join(rows, "\n")+"\n"))
}

// crashEverywhere tries every crash point of the operation. It returns the operation's
// calls, and how many points of all left the same state.
func (c crashCase) crashEverywhere(t *testing.T) (calls []string, passed, total int) {
	t.Helper()
	undisturbed := &crashingClient{crashAt: -1}
	tbl := newIsolatedTable(t)
	if err := c.prepare(t, tbl)(tbl.storeVia(undisturbed), undisturbed); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	want := tbl.snapshot(t, c.ignored...)
	for at := range undisturbed.calls {
		for _, after := range []bool{false, true} {
			total++
			client, tbl := &crashingClient{crashAt: at, after: after}, newIsolatedTable(t)
			run := c.prepare(t, tbl)
			if err := run(tbl.storeVia(client), client); !client.crashed || err == nil && at < len(undisturbed.calls)-1 {
				t.Errorf("call %d: crashed %v, got %v", at, client.crashed, err)
			}
			repeat := &crashingClient{crashAt: -1}
			if err := run(tbl.storeVia(repeat), repeat); err != nil {
				t.Errorf("crash at call %d (%s), after it %v: repeat: %v", at, undisturbed.calls[at], after, err)
				continue
			}
			if got := tbl.snapshot(t, c.ignored...); got != want {
				t.Errorf("crash at call %d (%s), after it %v: another state:\n%s", at, undisturbed.calls[at], after, diffLines(got, want))
				continue
			}
			passed++
		}
	}
	return undisturbed.calls, passed, total
}

// diffLines returns the lines that only one of the two texts has.
func diffLines(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	var lines []string
	for _, line := range a {
		if !slices.Contains(b, line) {
			lines = append(lines, "got  "+line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			lines = append(lines, "want "+line)
		}
	}
	return strings.Join(append(lines, fmt.Sprintf("%d items, want %d", len(a), len(b))), "\n")
}

func crashCases() []crashCase {
	return []crashCase{
		ticketCrash("create", func(ctx context.Context, s *ticket.Service, f crashFixture) error {
			_, _, err := s.Create(ctx, f.sara, ticket.CreateParams{ClientID: f.clientID, Title: "T", Description: "D", CategoryID: f.categoryID, AttachmentIDs: []string{f.attachmentID}})
			return err
		}),
		ticketCrash("post", func(ctx context.Context, s *ticket.Service, f crashFixture) error {
			_, err := s.Post(ctx, f.sara, ticket.Message{TicketID: f.ticketID, ClientID: f.clientID, Body: "hello", After: 1})
			return err
		}),
		ticketCrash("post with an attachment", func(ctx context.Context, s *ticket.Service, f crashFixture) error {
			_, err := s.Post(ctx, f.sara, ticket.Message{TicketID: f.ticketID, ClientID: f.clientID, Body: "hello", After: 1, AttachmentIDs: []string{f.attachmentID}})
			return err
		}),
		ticketCrash("close", func(ctx context.Context, s *ticket.Service, f crashFixture) error {
			_, err := s.Close(ctx, f.sara, f.ticketID, f.clientID)
			return err
		}),
		ticketCrash("assign", func(ctx context.Context, s *ticket.Service, f crashFixture) error {
			_, err := s.Assign(ctx, f.ali, f.ticketID, f.clientID, f.rezaID)
			return err
		}),
		ticketCrash("claim", func(ctx context.Context, s *ticket.Service, f crashFixture) error {
			_, err := s.Claim(ctx, f.ali, f.ticketID, f.clientID)
			return err
		}),
		ticketCrash("project", func(ctx context.Context, s *ticket.Service, f crashFixture) error {
			return s.Project(ctx, f.ticketID, 2)
		}),
		refreshCrash(), broadcastCrash(), deliverCrash(),
	}
}

// crashFixture is the input of an operation on a ticket.
type crashFixture struct {
	sara, ali                                            user.Principal
	rezaID, ticketID, clientID, attachmentID, categoryID string
}

// ticketCrash returns the case of an operation on a ticket with a message.
func ticketCrash(name string, run func(ctx context.Context, s *ticket.Service, f crashFixture) error) crashCase {
	return crashCase{name: name, prepare: func(t *testing.T, tbl isolatedTable) func(*dynamo.Store, *crashingClient) error {
		t.Helper()
		f, store := crashFixture{sara: customer("Sara"), ali: agent("Ali"), categoryID: newID()}, tbl.store()
		must(t, store.SaveCategory(t.Context(), category.Category{ID: f.categoryID, Active: true, Names: map[string]string{"en": "Billing", "fa": "مالی"}}))
		reza := newLogin()
		f.rezaID = reza.User.ID
		must(t, store.PutAccount(t.Context(), reza))
		f.attachmentID = newID()
		must(t, store.AddAttachment(t.Context(), attachment.Attachment{
			ID: f.attachmentID, Owner: f.sara.UserID, Name: "receipt.png", Type: "image/png", Size: 1234, State: attachment.Pending, CreatedAt: app.Now(),
		}))
		f.ticketID = openTicket(t, ticketService(store), f.categoryID, f.sara)
		f.clientID = newID()
		if name == "project" {
			postMessage(t, ticketService(store), f.sara, f.ticketID, "hello")
		}
		return func(store *dynamo.Store, _ *crashingClient) error { return run(t.Context(), ticketService(store), f) }
	}}
}

func ticketService(store *dynamo.Store) *ticket.Service {
	return &ticket.Service{
		Store: store, Attachments: store, Users: store, Categories: category.NewCache(store, app.Now), Now: app.Now,
		ReopenWindow: 7 * 24 * time.Hour,
	}
}

// refreshCrash repeats a refresh within the grace period for lost responses.
func refreshCrash() crashCase {
	return crashCase{name: "refresh", prepare: func(t *testing.T, tbl isolatedTable) func(*dynamo.Store, *crashingClient) error {
		t.Helper()
		a := newAccounts(t, tbl.store()).at(app.Now())
		first := a.signUp(t, newPhone())
		return func(store *dynamo.Store, client *crashingClient) error {
			got, err := a.withStore(store).Refresh(t.Context(), first.Refresh)
			if err == nil && client.crashAt < 0 && got.Refresh == first.Refresh {
				t.Error("the token was not replaced")
			}
			return err
		}
	}}
}

// broadcastCrash repeats the run of a broadcast, as the queue does after a crash.
func broadcastCrash() crashCase {
	return crashCase{name: "broadcast", prepare: func(t *testing.T, tbl isolatedTable) func(*dynamo.Store, *crashingClient) error {
		t.Helper()
		store := tbl.store()
		var ids []string
		for n := range 50 { // more than one page
			login := newBroadcastUser(n)
			ids = append(ids, login.User.ID)
			must(t, store.CreateUser(t.Context(), login, audit.Record{ID: newID()}))
		}
		service := &broadcast.Service{Store: store, Recorder: audit.Recorder{Now: app.Now, NewID: newID}}
		b, err := service.Create(t.Context(), audit.Actor{ID: newID()}, broadcast.Broadcast{
			Title: "News", Body: "We are open on Friday.", InApp: true, Audience: broadcast.Audience{UserIDs: ids},
			Channels: []notification.Channel{notification.Email, notification.SMS},
			Counts:   map[notification.Channel]broadcast.DeliveryCounts{notification.Email: {}, notification.SMS: {}},
		})
		must(t, err)
		return func(store *dynamo.Store, _ *crashingClient) error {
			finished, err := (&broadcast.Runner{Store: store, Users: store, Now: app.Now}).Run(t.Context(), b.ID, app.Now().Add(time.Minute))
			if err == nil && !finished {
				err = errors.New("the broadcast is not finished")
			}
			return err
		}
	}}
}

// countingProvider sends nothing; each of its calls is a possible crash point.
type countingProvider struct{ client *crashingClient }

func (p countingProvider) Mail(context.Context, notification.Mail, string) error {
	return p.client.call("SendEmail", func() error { return nil })
}

func (p countingProvider) Send(context.Context, string, string) error {
	return p.client.call("Publish", func() error { return nil })
}

// deliverCrash sends an SMS. The repeat comes after the lease of the crashed process
// has expired, as with the queue's visibility timeout.
func deliverCrash() crashCase {
	const ignoreReason = "attempts and the SMS quota: both are counted before the SMS is sent"
	start := app.Now().Truncate(time.Hour).Add(90 * time.Minute) // all runs are on one day, also at midnight
	return crashCase{name: "deliver", ignored: []string{"c", "hits"}, ignoreReason: ignoreReason, prepare: func(t *testing.T, tbl isolatedTable) func(*dynamo.Store, *crashingClient) error {
		t.Helper()
		store := tbl.store()
		l := newLogin()
		l.User.Role, l.User.Notifications = user.RoleUser, user.NotificationPreferences{Email: true, SMS: true}
		must(t, store.PutAccount(t.Context(), account.Login{Phone: l.Phone, Hash: l.Hash, User: l.User}))
		n := newNotification(l.User.ID, 0)
		must(t, store.AddNotifications(t.Context(), n))
		now := start
		return func(store *dynamo.Store, client *crashingClient) error {
			now = now.Add(time.Minute)
			at := now
			deliverer := &notification.Deliverer{Store: store, Mailer: countingProvider{client}, SMS: countingProvider{client}, Now: func() time.Time { return at }, MaxSMSPerDay: 1_000_000}
			_, err := deliverer.Deliver(t.Context(), jobFor(n, notification.SMS))
			return err
		}
	}}
}
