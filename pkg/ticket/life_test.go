package ticket

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

var everyStatus = []Status{StatusNew, StatusOpen, StatusPending, StatusOnHold, StatusResolved, StatusClosed}

// in is a ticket that stands in a status, assigned to nobody.
func in(s Status) story {
	if s == StatusNew {
		return opening()
	}
	return opening().status(ali, s)
}

// TestLife is the table of a ticket's life: what becomes of each status by
// each event. "=" stays as it is, "!" is refused with that kind.
func TestLife(t *testing.T) {
	const closed, illegal = "!ticket_closed", "!status_not_allowed"
	late := 8 * 24 * 60 // minutes; the window is seven days
	for _, c := range []struct {
		event string
		who   user.Principal
		now   int
		run   func(d *Desk, who user.Principal) error
		want  [6]string // from new, open, pending, on_hold, resolved, closed
	}{
		{"message", sara, 5, post(false), [6]string{"=", "=", "open", "open", "open", "open"}},
		{"message", ali, 5, post(false), [6]string{"open", "=", "=", "=", "=", "open"}},
		{"message", root, 5, post(false), [6]string{"open", "=", "=", "=", "=", "open"}},
		{"late message", sara, late, post(false), [6]string{"=", "=", "open", "open", "open", closed}},
		{"late message", ali, late, post(false), [6]string{"open", "=", "=", "=", "=", closed}},
		{"note", ali, late, post(true), [6]string{"=", "=", "=", "=", "=", "="}},
		{"note", sara, 5, post(true), [6]string{"!forbidden", "!forbidden", "!forbidden", "!forbidden", "!forbidden", "!forbidden"}},

		{"close", sara, 5, closing, [6]string{"closed", "closed", "closed", "closed", "closed", "="}},
		{"close", ali, 5, closing, [6]string{"closed", "closed", "closed", "closed", "closed", "="}},
		{"reopen", sara, 5, reopening, [6]string{"=", "=", "=", "=", "open", "open"}},
		{"reopen", ali, 5, reopening, [6]string{"=", "=", "=", "=", "open", "open"}},
		{"late reopen", sara, late, reopening, [6]string{"=", "=", "=", "=", "open", closed}},
		{"late reopen", root, late, reopening, [6]string{"=", "=", "=", "=", "open", "open"}},

		{"to new", ali, 5, setting(StatusNew), [6]string{"=", illegal, illegal, illegal, illegal, illegal}},
		{"to open", ali, late, setting(StatusOpen), [6]string{"open", "=", "open", "open", "open", "open"}},
		{"to pending", ali, 5, setting(StatusPending), [6]string{"pending", "pending", "=", "pending", "pending", illegal}},
		{"to on_hold", ali, 5, setting(StatusOnHold), [6]string{"on_hold", "on_hold", "on_hold", "=", "on_hold", illegal}},
		{"to resolved", ali, 5, setting(StatusResolved), [6]string{"resolved", "resolved", "resolved", "resolved", "=", illegal}},
		{"to closed", ali, 5, setting(StatusClosed), [6]string{"closed", "closed", "closed", "closed", "closed", "="}},

		{"claim", ali, 5, claiming, [6]string{"open", "=", "=", "=", "=", "="}},
		{"release", ali, 5, releasing, [6]string{"=", "=", "=", "=", "=", "="}},
	} {
		for i, from := range everyStatus {
			t.Run(c.event+" by "+string(c.who.Role)+" on "+string(from), func(t *testing.T) {
				s := holding(in(from), len(in(from)))
				err := c.run(s.desk(c.now), c.who)
				checkLife(t, s, from, c.want[i], err)
			})
		}
	}
}

// checkLife compares where the ticket stands, in the log and in a fold of it.
func checkLife(t *testing.T, s *shelf, from Status, want string, err error) {
	t.Helper()
	before := len(in(from))
	if want[0] == '!' {
		if !fault.Is(err, fault.Kind(want[1:])) || len(s.log()) != before {
			t.Fatalf("got %v and %d new entries, want the refusal %s", err, len(s.log())-before, want[1:])
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if want == "=" {
		want = string(from)
	}
	log := s.log()
	if got := story(log).head().State.Status; got != Status(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	last := log[len(log)-1]
	moved := last.Change != nil && last.Change.Field == "status" && len(log) > before
	if moved && (last.Change.From != string(from) || last.Change.To != want || want == string(from)) {
		t.Errorf("the move: got %+v, want from %s to %s", last.Change, from, want)
	}
	if !moved && want != string(from) && last.Kind != KindAssignment {
		t.Error("the entry does not say that it moved the ticket")
	}
}

func post(internal bool) func(*Desk, user.Principal) error {
	return func(d *Desk, who user.Principal) error {
		_, err := d.Post(context.Background(), who, Message{TicketID: ticketID, ClientID: "life", Body: "hello", Internal: internal})
		return err
	}
}

func closing(d *Desk, who user.Principal) error {
	_, err := d.Close(context.Background(), who, ticketID, "life")
	return err
}

func reopening(d *Desk, who user.Principal) error {
	_, err := d.Reopen(context.Background(), who, ticketID, "life")
	return err
}

func setting(to Status) func(*Desk, user.Principal) error {
	return func(d *Desk, who user.Principal) error {
		_, err := d.SetStatus(context.Background(), who, ticketID, "life", to)
		return err
	}
}

func claiming(d *Desk, who user.Principal) error {
	_, err := d.Claim(context.Background(), who, ticketID, "life")
	return err
}

func releasing(d *Desk, who user.Principal) error {
	_, err := d.Assign(context.Background(), who, ticketID, "life", "")
	return err
}

// TestWindowEdge: the last millisecond of the reopen window is within it.
func TestWindowEdge(t *testing.T) {
	log := opening().status(sara, StatusClosed) // closed in minute 2
	for _, c := range []struct {
		after time.Duration
		late  bool
	}{{7 * 24 * time.Hour, false}, {7*24*time.Hour + time.Millisecond, true}} {
		for name, run := range map[string]func(*Desk, user.Principal) error{"message": post(false), "reopen": reopening} {
			d := holding(log, len(log)).desk(0)
			d.Now = func() time.Time { return minute(2).Add(c.after) }
			if err := run(d, sara); fault.Is(err, fault.TicketClosed) != c.late || err != nil && !c.late {
				t.Errorf("%s %v after the close: got %v, want refused %v", name, c.after, err, c.late)
			}
		}
	}
}

// TestReopenedAndClosedAgain: the window runs from the last close.
func TestReopenedAndClosedAgain(t *testing.T) {
	log := opening().status(sara, StatusClosed).moves(sara, StatusOpen).status(ali, StatusClosed)
	if got := log.head().ClosedAt; got != minute(4) {
		t.Errorf("closed at: got %v, want the second close %v", got, minute(4))
	}
}
