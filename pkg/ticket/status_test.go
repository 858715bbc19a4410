package ticket_test

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var allStatuses = []ticket.Status{ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed}

// logWithStatus returns the log of an unassigned ticket in a status.
func logWithStatus(s ticket.Status) logBuilder {
	if s == ticket.StatusNew {
		return newLog()
	}
	return newLog().statusChange(ali, s)
}

// TestStatusTransitions checks the status after each event in each status. "=" is
// unchanged, "!" fails with that code.
func TestStatusTransitions(t *testing.T) {
	const closed, illegal = "!ticket_closed", "!status_not_allowed"
	late := 8 * 24 * 60 // minutes: 8 days, the reopen window is 7
	for _, c := range []struct {
		event string
		actor user.Principal
		now   int
		run   func(s *ticket.Service, actor user.Principal) error
		want  [6]string // from new, open, pending, on_hold, resolved, closed
	}{
		{"message", sara, 5, postAs(false), [6]string{"=", "=", "open", "open", "open", "open"}},
		{"message", ali, 5, postAs(false), [6]string{"open", "=", "=", "=", "=", "open"}},
		{"message", root, 5, postAs(false), [6]string{"open", "=", "=", "=", "=", "open"}},
		{"late message", sara, late, postAs(false), [6]string{"=", "=", "open", "open", "open", closed}},
		{"late message", ali, late, postAs(false), [6]string{"open", "=", "=", "=", "=", closed}},
		{"note", ali, late, postAs(true), [6]string{"=", "=", "=", "=", "=", "="}},
		{"note", sara, 5, postAs(true), [6]string{"!forbidden", "!forbidden", "!forbidden", "!forbidden", "!forbidden", "!forbidden"}},

		{"close", sara, 5, closeAs, [6]string{"closed", "closed", "closed", "closed", "closed", "="}},
		{"close", ali, 5, closeAs, [6]string{"closed", "closed", "closed", "closed", "closed", "="}},
		{"reopen", sara, 5, reopenAs, [6]string{"=", "=", "=", "=", "open", "open"}},
		{"reopen", ali, 5, reopenAs, [6]string{"=", "=", "=", "=", "open", "open"}},
		{"late reopen", sara, late, reopenAs, [6]string{"=", "=", "=", "=", "open", closed}},
		{"late reopen", root, late, reopenAs, [6]string{"=", "=", "=", "=", "open", "open"}},

		{"to new", ali, 5, setStatusAs(ticket.StatusNew), [6]string{"=", illegal, illegal, illegal, illegal, illegal}},
		{"to open", ali, late, setStatusAs(ticket.StatusOpen), [6]string{"open", "=", "open", "open", "open", "open"}},
		{"to pending", ali, 5, setStatusAs(ticket.StatusPending), [6]string{"pending", "pending", "=", "pending", "pending", illegal}},
		{"to on_hold", ali, 5, setStatusAs(ticket.StatusOnHold), [6]string{"on_hold", "on_hold", "on_hold", "=", "on_hold", illegal}},
		{"to resolved", ali, 5, setStatusAs(ticket.StatusResolved), [6]string{"resolved", "resolved", "resolved", "resolved", "=", illegal}},
		{"to closed", ali, 5, setStatusAs(ticket.StatusClosed), [6]string{"closed", "closed", "closed", "closed", "closed", "="}},

		{"claim", ali, 5, claimAs, [6]string{"open", "=", "=", "=", "=", "="}},
		{"unassign", ali, 5, unassignAs, [6]string{"=", "=", "=", "=", "=", "="}},
	} {
		for i, from := range allStatuses {
			t.Run(c.event+" by "+string(c.actor.Role)+" on "+string(from), func(t *testing.T) {
				store := storeWith(logWithStatus(from), len(logWithStatus(from)))
				err := c.run(store.service(c.now), c.actor)
				checkStatusAfter(t, store, from, c.want[i], err)
			})
		}
	}
}

// checkStatusAfter compares the status in the log and in the fold of the log.
func checkStatusAfter(t *testing.T, store *memStore, from ticket.Status, want string, err error) {
	t.Helper()
	before := len(logWithStatus(from))
	if want[0] == '!' {
		if !apperr.Is(err, apperr.Code(want[1:])) || len(store.log()) != before {
			t.Fatalf("got %v and %d new entries, want %s and none", err, len(store.log())-before, want[1:])
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if want == "=" {
		want = string(from)
	}
	log := store.log()
	if got := logBuilder(log).ticket().State.Status; got != ticket.Status(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	last := log[len(log)-1]
	moved := last.Change != nil && last.Change.Field == "status" && len(log) > before
	if moved && (last.Change.From != string(from) || last.Change.To != want || want == string(from)) {
		t.Errorf("the status change: got %+v, want from %s to %s", last.Change, from, want)
	}
	if !moved && want != string(from) && last.Kind != ticket.KindAssignment {
		t.Error("the entry has no status change")
	}
}

func postAs(internal bool) func(*ticket.Service, user.Principal) error {
	return func(s *ticket.Service, actor user.Principal) error {
		_, err := s.Post(context.Background(), actor, ticket.Message{TicketID: ticketID, ClientID: "life", Body: "hello", Internal: internal})
		return err
	}
}

func closeAs(s *ticket.Service, actor user.Principal) error {
	_, err := s.Close(context.Background(), actor, ticketID, "life")
	return err
}

func reopenAs(s *ticket.Service, actor user.Principal) error {
	_, err := s.Reopen(context.Background(), actor, ticketID, "life")
	return err
}

func setStatusAs(to ticket.Status) func(*ticket.Service, user.Principal) error {
	return func(s *ticket.Service, actor user.Principal) error {
		_, err := s.SetStatus(context.Background(), actor, ticketID, "life", to)
		return err
	}
}

func claimAs(s *ticket.Service, actor user.Principal) error {
	_, err := s.Claim(context.Background(), actor, ticketID, "life")
	return err
}

func unassignAs(s *ticket.Service, actor user.Principal) error {
	_, err := s.Assign(context.Background(), actor, ticketID, "life", "")
	return err
}

// TestReopenWindow_Boundary checks that the end of the reopen window is inclusive.
func TestReopenWindow_Boundary(t *testing.T) {
	log := newLog().statusChange(sara, ticket.StatusClosed) // closed in minute 2
	for _, c := range []struct {
		after time.Duration
		late  bool
	}{{7 * 24 * time.Hour, false}, {7*24*time.Hour + time.Millisecond, true}} {
		for name, run := range map[string]func(*ticket.Service, user.Principal) error{"message": postAs(false), "reopen": reopenAs} {
			s := storeWith(log, len(log)).service(0)
			s.Now = func() time.Time { return minute(2).Add(c.after) }
			if err := run(s, sara); apperr.Is(err, apperr.TicketClosed) != c.late || err != nil && !c.late {
				t.Errorf("%s %v after the close: got %v, want rejected %v", name, c.after, err, c.late)
			}
		}
	}
}

// TestFold_ClosedAtIsLastClose checks that the reopen window starts at the last close.
func TestFold_ClosedAtIsLastClose(t *testing.T) {
	log := newLog().statusChange(sara, ticket.StatusClosed).messageWithStatus(sara, ticket.StatusOpen).statusChange(ali, ticket.StatusClosed)
	if got := log.ticket().ClosedAt; got != minute(4) {
		t.Errorf("closed at: got %v, want the second close %v", got, minute(4))
	}
}
