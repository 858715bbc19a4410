package ticket_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// openedTicket returns the ticket after the first entry.
func openedTicket() ticket.Ticket {
	return ticket.Ticket{
		ID: ticketID, Title: "Help", Customer: ticket.UserRef{ID: "sara", Name: "Sara"}, Category: billing,
		State:   ticket.State{Status: ticket.StatusNew, Priority: ticket.PriorityMedium, CategoryID: "billing"},
		LastSeq: 1, PublicSeq: 1, Preview: "It does not work",
		CreatedAt: minute(1), LastActivityAt: minute(1), WaitingSince: minute(1),
	}
}

// foldCase is a log and what its entries after the first change in the ticket.
type foldCase struct {
	name string
	log  logBuilder
	want func(tk *ticket.Ticket)
}

func foldCases() []foldCase {
	return []foldCase{
		{"opened", newLog(), func(*ticket.Ticket) {}},
		{"customer message", newLog().message(sara, "  still\n\tbroken "), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt = 2, 2, minute(2)
			tk.Messages, tk.Preview, tk.Readers = 1, "still broken", map[string]ticket.Reader{"sara": {}}
		}},
		{"first reply", newLog().messageWithStatus(ali, ticket.StatusOpen), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt, tk.State.Status = 2, 2, minute(2), ticket.StatusOpen
			tk.Messages, tk.Preview, tk.Readers = 1, "moving on", map[string]ticket.Reader{"ali": {}}
			tk.FirstReplyAt, tk.WaitingSince = minute(2), time.Time{}
		}},
		{"note", newLog().note(ali, "a known fault"), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.Notes, tk.Readers = 2, 1, map[string]ticket.Reader{"ali": {}}
		}},
		{"status", newLog().statusChange(ali, ticket.StatusPending), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt, tk.State.Status = 2, 2, minute(2), ticket.StatusPending
		}},
		{"resolved", newLog().statusChange(ali, ticket.StatusResolved), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt, tk.State.Status = 2, 2, minute(2), ticket.StatusResolved
			tk.ResolvedAt, tk.WaitingSince = minute(2), time.Time{}
		}},
		{"closed", newLog().statusChange(sara, ticket.StatusClosed), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt, tk.State.Status = 2, 2, minute(2), ticket.StatusClosed
			tk.ClosedAt, tk.WaitingSince = minute(2), time.Time{}
		}},
		{"assignment", newLog().assign(ali, ticket.UserRef{"mina", "Mina"}), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt = 2, 2, minute(2)
			tk.State.AssigneeID, tk.Assignee = "mina", ticket.UserRef{"mina", "Mina"}
		}},
		{"unassignment", newLog().assign(ali, ticket.UserRef{"mina", "Mina"}).assign(mina, ticket.UserRef{}), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt = 3, 3, minute(3)
		}},
		{"priority", newLog().append(sara, ticket.KindPriority, "", &ticket.Change{Field: "priority", From: "medium", To: "urgent"}), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt, tk.State.Priority = 2, 2, minute(2), ticket.PriorityUrgent
		}},
		{"category", newLog().append(ali, ticket.KindCategory, "", &ticket.Change{Field: "category", From: "billing", To: "technical", Names: technical.Names}), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt = 2, 2, minute(2)
			tk.State.CategoryID, tk.Category = "technical", technical
		}},
		{"title", newLog().append(sara, ticket.KindTitle, "", &ticket.Change{Field: "title", From: "Help", To: "Help me"}), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt, tk.Title = 2, 2, minute(2), "Help me"
		}},
		{"tags", newLog().append(ali, ticket.KindTags, "", &ticket.Change{Field: "tags", To: "a,b"}), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.Tags = 2, []string{"a", "b"}
		}},
		{"tags removed", newLog().append(ali, ticket.KindTags, "", &ticket.Change{Field: "tags", To: "a"}).append(ali, ticket.KindTags, "", &ticket.Change{Field: "tags", From: "a"}), func(tk *ticket.Ticket) {
			tk.LastSeq = 3
		}},
		{"on hold", newLog().statusChange(ali, ticket.StatusOpen).statusChange(ali, ticket.StatusOnHold), func(tk *ticket.Ticket) {
			tk.LastSeq, tk.PublicSeq, tk.LastActivityAt, tk.State.Status = 3, 2, minute(2), ticket.StatusOnHold
		}},
	}
}

func TestFold_EntryKinds(t *testing.T) {
	for _, c := range foldCases() {
		t.Run(c.name, func(t *testing.T) {
			want := openedTicket()
			c.want(&want)
			if got := c.log.ticket(); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// randomLog returns a pseudo-random log with all kinds of entries. It is the same
// in each call.
func randomLog(entries int) logBuilder {
	rng := rand.New(rand.NewPCG(1, 2))
	s := newLog()
	for len(s) < entries {
		agent := []user.Principal{ali, mina, root}[rng.IntN(3)]
		switch rng.IntN(8) {
		case 0, 1:
			s = s.message(sara, "from the customer")
		case 2, 3:
			s = s.message(agent, "from an agent")
		case 4:
			s = s.note(agent, "internal")
		case 5:
			s = s.messageWithStatus(agent, []ticket.Status{ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed}[rng.IntN(5)])
		case 6:
			s = s.assign(agent, []ticket.UserRef{{"ali", "Ali"}, {"mina", "Mina"}, {}}[rng.IntN(3)])
		default:
			s = s.append(agent, ticket.KindTags, "", &ticket.Change{Field: "tags", To: []string{"", "a", "a,b"}[rng.IntN(3)]})
		}
	}
	return s
}

// TestFold_Overlap folds a log in two ranges, with every possible overlap.
func TestFold_Overlap(t *testing.T) {
	log := randomLog(40)
	want := log.ticket()
	for end := range log {
		for begin := 0; begin <= end; begin++ {
			if got := ticket.Fold(ticket.Fold(ticket.Ticket{}, log[:end]), log[begin:]); !reflect.DeepEqual(got, want) {
				t.Fatalf("up to %d, then from %d: got %+v\nwant %+v", end, begin+1, got, want)
			}
		}
	}
	doubled := slices.Concat(log, log)
	if got := ticket.Fold(ticket.Fold(ticket.Ticket{}, doubled), doubled); !reflect.DeepEqual(got, want) {
		t.Errorf("repeated: got %+v\nwant %+v", got, want)
	}
}

func TestFold_Gap(t *testing.T) {
	log := randomLog(10)
	for _, c := range []struct {
		held, from int
		want       bool
	}{{5, 4, false}, {5, 5, false}, {5, 6, false}, {5, 7, true}, {5, 10, true}, {0, 1, false}, {0, 2, true}} {
		tk := ticket.Fold(ticket.Ticket{}, log[:c.held])
		if got := ticket.HasGap(tk, log[c.from-1:]); got != c.want {
			t.Errorf("HasGap of a ticket at %d and entries from %d: got %v, want %v", c.held, c.from, got, c.want)
		}
		if got := ticket.Fold(tk, log[c.from-1:]); c.want && !reflect.DeepEqual(got, tk) {
			t.Errorf("a ticket at %d was folded with entries from %d: got %+v", c.held, c.from, got)
		}
	}
	if ticket.HasGap(ticket.Ticket{}, nil) {
		t.Error("HasGap is true for no entries")
	}
}

// TestFold_DoesNotModifyInput checks Fold and ApplyReadMarker.
func TestFold_DoesNotModifyInput(t *testing.T) {
	log := randomLog(40)
	for n := 1; n < len(log); n++ {
		tk, want := log[:n].ticket(), log[:n].ticket()
		ticket.Fold(tk, log[n:])
		ticket.ApplyReadMarker(tk, "sara", n, log[:n])
		if !reflect.DeepEqual(tk, want) {
			t.Fatalf("the ticket at %d was changed: got %+v\nwant %+v", n, tk, want)
		}
	}
}

// countUnread counts unread messages from the log alone.
func countUnread(log logBuilder, actor user.Principal, marker int) int {
	n := 0
	for _, e := range log {
		if e.Seq > marker && e.IsMessage() && e.VisibleTo(actor.Role) && e.Author.ID != actor.UserID {
			n++
		}
	}
	return n
}

// TestUnreadFor_MatchesModel appends and reads at random and compares the unread
// counts after each step.
func TestUnreadFor_MatchesModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	actors := []user.Principal{sara, ali, mina, root}
	for range 20 {
		log := randomLog(60)
		markers := map[string]int{}
		var tk ticket.Ticket
		for n := range log {
			tk = ticket.Fold(tk, log[n:n+1])
			if reader := actors[rng.IntN(len(actors))]; rng.IntN(3) == 0 {
				marker := max(markers[reader.UserID], rng.IntN(n+1)+1)
				markers[reader.UserID] = marker
				tk = ticket.ApplyReadMarker(tk, reader.UserID, marker, log[:n+1])
			}
			for _, actor := range actors {
				if got, want := tk.UnreadFor(actor), countUnread(log[:n+1], actor, markers[actor.UserID]); got != want {
					t.Fatalf("%s after %d with the read marker at %d: got %d unread, want %d", actor.Name, n+1, markers[actor.UserID], got, want)
				}
			}
		}
	}
}

func TestApplyReadMarker(t *testing.T) {
	log := newLog().message(sara, "one").message(ali, "two").note(mina, "three").message(ali, "four")
	for _, c := range []struct {
		actor user.Principal
		seq   int
		want  int
	}{
		{sara, 0, 2}, {sara, 3, 1}, {sara, 4, 1}, {sara, 5, 0},
		{ali, 0, 2}, {ali, 2, 1}, {ali, 4, 0}, {mina, 0, 3}, {mina, 3, 1}, {root, 1, 4},
	} {
		tk := ticket.ApplyReadMarker(log.ticket(), c.actor.UserID, c.seq, log)
		if got := tk.Readers[c.actor.UserID]; got != (ticket.Reader{Read: c.seq, Unread: c.want}) {
			t.Errorf("%s at %d: got %+v, want %d unread", c.actor.Name, c.seq, got, c.want)
		}
	}
	// Entries that the ticket does not include are not counted.
	if tk := ticket.ApplyReadMarker(log[:3].ticket(), "sara", 1, log); tk.Readers["sara"].Unread != 1 {
		t.Errorf("beyond the ticket: got %+v, want 1 unread", tk.Readers["sara"])
	}
}

func TestFold_Timestamps(t *testing.T) {
	type timestamps struct{ waiting, replied, resolved, closed int } // minutes, 0 for none
	for _, c := range []struct {
		name string
		log  logBuilder
		want timestamps
	}{
		{"the customer waits from the start", newLog().message(sara, "hello?"), timestamps{waiting: 1}},
		{"a note is no reply", newLog().note(ali, "hm"), timestamps{waiting: 1}},
		{"reply", newLog().message(ali, "yes"), timestamps{replied: 2}},
		{"customer message after the reply", newLog().message(ali, "yes").message(sara, "and?").message(sara, "so?"), timestamps{waiting: 3, replied: 2}},
		{"second reply", newLog().message(ali, "yes").message(sara, "and?").message(mina, "no"), timestamps{replied: 2}},
		{"resolved by a message", newLog().messageWithStatus(ali, ticket.StatusResolved), timestamps{replied: 2, resolved: 2}},
		{"resolved and closed", newLog().statusChange(ali, ticket.StatusResolved).statusChange(ali, ticket.StatusClosed), timestamps{resolved: 2, closed: 3}},
		{"note on a closed ticket", newLog().statusChange(ali, ticket.StatusClosed).note(ali, "bye"), timestamps{closed: 2}},
		{"reopened by the customer", newLog().statusChange(ali, ticket.StatusClosed).messageWithStatus(sara, ticket.StatusOpen), timestamps{waiting: 3}},
		{"reopened by the customer without a message", newLog().message(ali, "yes").statusChange(ali, ticket.StatusResolved).statusChange(sara, ticket.StatusOpen), timestamps{waiting: 4, replied: 2}},
		{"reopened by staff", newLog().message(ali, "yes").statusChange(ali, ticket.StatusResolved).statusChange(ali, ticket.StatusOpen), timestamps{waiting: 4, replied: 2}},
		{"closed, and reopened by staff", newLog().message(ali, "yes").statusChange(ali, ticket.StatusClosed).statusChange(mina, ticket.StatusOpen), timestamps{waiting: 4, replied: 2}},
		{"reopened on hold, which customers see as open", newLog().message(ali, "yes").statusChange(ali, ticket.StatusResolved).statusChange(ali, ticket.StatusOnHold), timestamps{waiting: 4, replied: 2}},
		{"reopened to wait for the customer", newLog().message(ali, "yes").statusChange(ali, ticket.StatusResolved).statusChange(ali, ticket.StatusPending), timestamps{replied: 2}},
		{"reopened by a reply", newLog().statusChange(ali, ticket.StatusClosed).messageWithStatus(ali, ticket.StatusOpen), timestamps{replied: 3}},
		{"opened again without a reopening", newLog().message(ali, "yes").statusChange(ali, ticket.StatusPending).statusChange(ali, ticket.StatusOpen), timestamps{replied: 2}},
	} {
		tk := c.log.ticket()
		for _, ts := range []struct {
			name string
			got  time.Time
			want int
		}{
			{"WaitingSince", tk.WaitingSince, c.want.waiting}, {"FirstReplyAt", tk.FirstReplyAt, c.want.replied},
			{"ResolvedAt", tk.ResolvedAt, c.want.resolved}, {"ClosedAt", tk.ClosedAt, c.want.closed},
		} {
			if want := (map[bool]time.Time{true: minute(ts.want)})[ts.want > 0]; ts.got != want {
				t.Errorf("%s: %s: got %v, want %v", c.name, ts.name, ts.got, want)
			}
		}
	}
}

func TestPreview(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"short", "short"},
		{" a \n\n b\t c ", "a b c"},
		{strings.Repeat("x", 60), strings.Repeat("x", 60)},
		{strings.Repeat("x", 61), strings.Repeat("x", 59) + "…"},
		{strings.Repeat("سلام ", 20), strings.Repeat("سلام ", 11) + "سلام…"},
		{"", ""},
	} {
		if got := ticket.Preview(c.body); got != c.want {
			t.Errorf("%q: got %q, want %q", c.body, got, c.want)
		}
	}
}

// TestUnread_AgentIsCustomer checks that the detail and the projection count alike for
// an agent who opened the ticket as its customer.
func TestUnread_AgentIsCustomer(t *testing.T) {
	log := newLog().message(ali, "one").note(ali, "two").message(ali, "three")
	agent := sara
	agent.Role = user.RoleSupport
	for _, marker := range []int{0, 1, 2, 3} {
		store := storeWith(log, len(log))
		s := store.service(9)
		if marker > 0 {
			must(s.MarkRead(context.Background(), agent, ticketID, marker))
		}
		detail, err := s.Detail(context.Background(), agent, ticketID)
		must(err)
		must(s.Project(context.Background(), ticketID, marker+1))
		want := countUnread(log, sara, marker)
		if got, stored := detail.Ticket.UnreadFor(agent), store.ticket().UnreadFor(agent); got != want || stored != want {
			t.Errorf("read up to %d: got %d unread in the detail, %d in the stored ticket, want %d", marker, got, stored, want)
		}
	}
}
