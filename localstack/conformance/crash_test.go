package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// crash is an operation that is tried again after a death. prepare makes what
// it needs in a table and gives what one process does, over the table as that
// process sees it.
type crash struct {
	name    string
	prepare func(t *testing.T, s stage) (run func(store *table.Table, m *mortal) error)
	without []string // fields that may differ
	because string   // why they may
}

// TestCrashPoints lets a process die before and after each of its calls, tries
// the same once more, and compares all of the table with that of a process that
// lived.
func TestCrashPoints(t *testing.T) {
	var rows []string
	points, same := 0, 0
	for _, c := range crashes() {
		t.Run(c.name, func(t *testing.T) {
			calls, held, tried := c.everywhere(t)
			points, same = points+tried, same+held
			rows = append(rows, fmt.Sprintf("| %s | %s | %d | %d | %s |", c.name, strings.Join(calls, ", "), tried, held, c.because))
		})
	}
	must(t, verdict.Record(verdict.Line{
		Item: "crash-points", Name: "same state after a death and a repeat", Goal: "at every point", Holds: points > 0 && points == same,
		Figure: fmt.Sprintf("at %d of %d points of %d operations", same, points, len(rows)),
	}))
	must(t, verdict.Detail("crash-points", "A process dies before and after each call", "| operation | its calls | points | same | not compared |\n|---|---|---|---|---|\n"+strings.Join(rows, "\n")+"\n"))
}

// everywhere tries all points of an operation. It gives its calls and at how
// many points, of those that it tried, the state was the same.
func (c crash) everywhere(t *testing.T) (calls []string, held, tried int) {
	t.Helper()
	lived := &mortal{at: -1}
	s := newStage(t)
	if err := c.prepare(t, s)(s.through(lived), lived); err != nil {
		t.Fatalf("undisturbed: %v", err)
	}
	want := s.state(t, c.without...)
	for at := range lived.calls {
		for _, after := range []bool{false, true} {
			tried++
			m, s := &mortal{at: at, after: after}, newStage(t)
			run := c.prepare(t, s)
			if err := run(s.through(m), m); !m.dead || err == nil && at < len(lived.calls)-1 {
				t.Errorf("call %d: it is dead %v and got %v", at, m.dead, err)
			}
			second := &mortal{at: -1}
			if err := run(s.through(second), second); err != nil {
				t.Errorf("dead at call %d (%s), after it %v: again: %v", at, lived.calls[at], after, err)
				continue
			}
			if got := s.state(t, c.without...); got != want {
				t.Errorf("dead at call %d (%s), after it %v: another state:\n%s", at, lived.calls[at], after, difference(got, want))
				continue
			}
			held++
		}
	}
	return lived.calls, held, tried
}

// difference shows the lines that one text has and the other has not.
func difference(got, want string) string {
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

func crashes() []crash {
	return []crash{
		atDesk("create", func(ctx context.Context, d *ticket.Desk, p props) error {
			_, _, err := d.Create(ctx, p.sara, ticket.Draft{ClientID: p.clientID, Title: "T", Description: "D", CategoryID: p.categoryID, AttachmentIDs: []string{p.file}})
			return err
		}),
		atDesk("post", func(ctx context.Context, d *ticket.Desk, p props) error {
			_, err := d.Post(ctx, p.sara, ticket.Message{TicketID: p.ticketID, ClientID: p.clientID, Body: "hello", After: 1})
			return err
		}),
		atDesk("post with a file", func(ctx context.Context, d *ticket.Desk, p props) error {
			_, err := d.Post(ctx, p.sara, ticket.Message{TicketID: p.ticketID, ClientID: p.clientID, Body: "hello", After: 1, AttachmentIDs: []string{p.file}})
			return err
		}),
		atDesk("close", func(ctx context.Context, d *ticket.Desk, p props) error {
			_, err := d.Close(ctx, p.sara, p.ticketID, p.clientID)
			return err
		}),
		atDesk("assign", func(ctx context.Context, d *ticket.Desk, p props) error {
			_, err := d.Assign(ctx, p.ali, p.ticketID, p.clientID, p.reza)
			return err
		}),
		atDesk("claim", func(ctx context.Context, d *ticket.Desk, p props) error {
			_, err := d.Claim(ctx, p.ali, p.ticketID, p.clientID)
			return err
		}),
		atDesk("project", func(ctx context.Context, d *ticket.Desk, p props) error { return d.Project(ctx, p.ticketID, 2) }),
		refreshCrash(), broadcastCrash(), deliverCrash(),
	}
}

// props are what a scene at the desk needs.
type props struct {
	sara, ali                                  user.Principal
	reza, ticketID, clientID, file, categoryID string
}

// atDesk is an operation on a ticket that has a message.
func atDesk(name string, do func(ctx context.Context, d *ticket.Desk, p props) error) crash {
	return crash{name: name, prepare: func(t *testing.T, s stage) func(*table.Table, *mortal) error {
		t.Helper()
		p, store := props{sara: customer("Sara"), ali: agent("Ali"), categoryID: newID()}, s.sound()
		must(t, store.SaveCategory(t.Context(), category.Category{ID: p.categoryID, Active: true, Names: map[string]string{"en": "Billing", "fa": "مالی"}}))
		reza := newLogin()
		p.reza = reza.User.ID
		must(t, store.SaveAccount(t.Context(), reza))
		p.file = newID()
		must(t, store.AddAttachment(t.Context(), attachment.Attachment{
			ID: p.file, Owner: p.sara.UserID, Name: "receipt.png", Type: "image/png", Size: 1234, State: attachment.Pending, CreatedAt: wiring.Now(),
		}))
		p.ticketID = openTicket(t, deskOver(store), p.categoryID, p.sara)
		p.clientID = newID()
		if name == "project" {
			say(t, deskOver(store), p.sara, p.ticketID, "hello")
		}
		return func(store *table.Table, _ *mortal) error { return do(t.Context(), deskOver(store), p) }
	}}
}

func deskOver(store *table.Table) *ticket.Desk {
	return &ticket.Desk{
		Store: store, Files: store, People: store, Categories: category.NewCatalogue(store, wiring.Now), Now: wiring.Now,
		ReopenWindow: 7 * 24 * time.Hour,
	}
}

// refreshCrash: the repeat comes while the client may still have lost the answer.
func refreshCrash() crash {
	return crash{name: "refresh", prepare: func(t *testing.T, s stage) func(*table.Table, *mortal) error {
		t.Helper()
		desk := newPeople(t, s.sound()).at(wiring.Now())
		first := desk.signUp(t, newNumber())
		return func(store *table.Table, m *mortal) error {
			got, err := desk.with(store).Refresh(t.Context(), first.Refresh)
			if err == nil && m.at < 0 && got.Refresh == first.Refresh {
				t.Error("the token was not replaced")
			}
			return err
		}
	}}
}

// broadcastCrash is what the queue starts, once more after a death.
func broadcastCrash() crash {
	return crash{name: "broadcast", prepare: func(t *testing.T, s stage) func(*table.Table, *mortal) error {
		t.Helper()
		store := s.sound()
		var ids []string
		for n := range 50 { // more than one page
			login := neighbour(n)
			ids = append(ids, login.User.ID)
			must(t, store.AddUser(t.Context(), login, audit.Record{ID: newID()}))
		}
		desk := &broadcast.Desk{Store: store, Pen: audit.Pen{Now: wiring.Now, NewID: newID}}
		b, err := desk.Start(t.Context(), audit.Actor{ID: newID()}, broadcast.Broadcast{
			Title: "News", Body: "We are open on Friday.", InApp: true, Audience: broadcast.Audience{UserIDs: ids},
			Channels: []notification.Channel{notification.Email, notification.SMS},
			Tallies:  map[notification.Channel]broadcast.Tally{notification.Email: {}, notification.SMS: {}},
		})
		must(t, err)
		return func(store *table.Table, _ *mortal) error {
			over, err := (&broadcast.Runner{Store: store, People: store, Now: wiring.Now}).Run(t.Context(), b.ID, wiring.Now().Add(time.Minute))
			if err == nil && !over {
				err = errors.New("it is not over")
			}
			return err
		}
	}}
}

// provider sends nothing; its calls are steps of the process that makes them.
type provider struct{ mortal *mortal }

func (p provider) Mail(context.Context, notification.Mail, string) error {
	return p.mortal.step("SendEmail", func() error { return nil })
}

func (p provider) Send(context.Context, string, string) error {
	return p.mortal.step("Publish", func() error { return nil })
}

// deliverCrash sends an SMS. The repeat comes when the claim of the dead has
// run out, as the queue brings it again.
func deliverCrash() crash {
	const because = "attempts, and the texts of a day: both are counted before the text is sent"
	return crash{name: "deliver", without: []string{"c", "hits"}, because: because, prepare: func(t *testing.T, s stage) func(*table.Table, *mortal) error {
		t.Helper()
		store := s.sound()
		l := newLogin()
		l.User.Role, l.User.Notify = user.RoleUser, user.Choices{Email: true, SMS: true}
		must(t, store.SaveAccount(t.Context(), account.Login{Phone: l.Phone, Hash: l.Hash, User: l.User}))
		n := notice(l.User.ID, 0)
		must(t, store.Notify(t.Context(), n))
		now := wiring.Now()
		return func(store *table.Table, m *mortal) error {
			now = now.Add(time.Minute)
			at := now
			courier := &notification.Courier{Ledger: store, Mailer: provider{m}, Texter: provider{m}, Now: func() time.Time { return at }, SMSPerDay: 1_000_000}
			_, err := courier.Deliver(t.Context(), orderOf(n, notification.SMS))
			return err
		}
	}}
}
