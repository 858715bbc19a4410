package conformance

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// entryAt is a message at a place of a log.
func entryAt(ticketID string, seq int, who user.Principal) ticket.Entry {
	return ticket.Entry{
		TicketID: ticketID, Seq: seq, Kind: ticket.KindMessage, Author: ticket.Author{ID: who.UserID, Name: who.Name, Role: who.Role},
		Body: fmt.Sprint("message ", seq), ClientID: newID(), CreatedAt: wiring.Now(),
		State: ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityHigh, CategoryID: "c"},
	}
}

// logOf stores a ticket with that many entries; its head holds the first alone.
func logOf(t *testing.T, n int, who user.Principal) (string, []ticket.Entry) {
	t.Helper()
	ticketID := newID()
	first := entryAt(ticketID, 1, who)
	first.Kind, first.Opening = ticket.KindOpened, &ticket.Opening{Title: "T", Category: ticket.Category{ID: "c"}}
	entries := []ticket.Entry{first}
	exists, err := open().Create(t.Context(), ticket.Fold(ticket.Head{}, entries), first, nil)
	if err != nil || exists {
		t.Fatalf("create: got exists %v, %v", exists, err)
	}
	for seq := 2; seq <= n; seq++ {
		e := entryAt(ticketID, seq, who)
		if held, err := open().Append(t.Context(), e); err != nil || held != nil {
			t.Fatalf("append: got %+v, %v", held, err)
		}
		entries = append(entries, e)
	}
	return ticketID, entries
}

// TestEntriesComeBackWhole: every field of every kind of entry.
func TestEntriesComeBackWhole(t *testing.T) {
	who := agent("علی")
	ticketID, want := logOf(t, 1, who)
	for i, change := range []*ticket.Change{
		nil,
		{Field: "status", From: "new", To: "open"},
		{Field: "assignee", From: "someone", To: "", Name: ""},
		{Field: "assignee", To: "someone", Name: "Ali"},
		{Field: "category", From: "a", To: "b", Names: map[string]string{"en": "Billing", "fa": "مالی"}},
	} {
		e := entryAt(ticketID, i+2, who)
		e.Kind = []ticket.Kind{ticket.KindNote, ticket.KindStatus, ticket.KindAssignment, ticket.KindAssignment, ticket.KindCategory}[i]
		e.Body, e.Change = []string{"سلام\n\t\"quoted\" 👋", "", "", "x", "y"}[i], change
		e.ClientID, e.State.AssigneeID = []string{newID(), "", newID(), "", ""}[i], []string{"", "a", "", "b", "a"}[i]
		if i == 0 {
			e.Attachments = []ticket.Attachment{{ID: "f1", Name: "عکس.png", Type: "image/png", Size: 10 << 20, State: "pending"}, {ID: "f2"}}
		}
		if held, err := open().Append(t.Context(), e); err != nil || held != nil {
			t.Fatalf("append: got %+v, %v", held, err)
		}
		want = append(want, e)
	}
	same(t, "entries", wholeLog(t, ticketID).Entries, want)
}

// TestHeadsComeBackWhole: every field of a head.
func TestHeadsComeBackWhole(t *testing.T) {
	ticketID, entries := logOf(t, 1, customer("Sara"))
	want := ticket.Fold(ticket.Head{}, entries)
	at := func(n int) time.Time { return time.UnixMilli(1_780_000_000_123 + int64(n)).UTC() }
	want.Title, want.Tags = "عنوان", []string{"b", "a"}
	want.Category = ticket.Category{ID: "c", Names: map[string]string{"en": "C"}}
	want.State.AssigneeID, want.Assignee = "a", ticket.Person{ID: "a", Name: "Ali"}
	want.LastSeq, want.PublicSeq, want.Messages, want.Notes = 9, 8, 5, 3
	want.Readers = map[string]ticket.Reader{"x": {Read: 3, Unread: 4}, "y": {}}
	want.Preview, want.LastActivityAt, want.WaitingSince = "…", at(1), at(2)
	want.FirstReplyAt, want.ResolvedAt, want.ClosedAt = at(3), at(4), at(5)
	want.Revision = 1
	must(t, open().Project(t.Context(), want))
	got := wholeLog(t, ticketID).Head
	sameHead(t, got, want)
	if got.Revision != 2 {
		t.Errorf("revision: got %d, want 2", got.Revision)
	}
}

// TestStretches reads a log with marks in every way.
func TestStretches(t *testing.T) {
	const n = 30
	who := customer("Sara")
	ticketID, all := logOf(t, n, who)
	marks := map[string]int{}
	for i := range 7 { // more than a read of the newest allows for
		reader := ticket.Author{ID: fmt.Sprint("reader", i), Role: user.RoleSupport}
		must(t, open().AddRead(t.Context(), ticket.Mark{TicketID: ticketID, Reader: reader, Seq: i + 1}))
		marks[reader.ID] = i + 1
	}
	head := ticket.Fold(ticket.Head{}, all[:1])
	check := func(what string, got ticket.Log, err error, want []ticket.Entry, whole bool) {
		t.Helper()
		if err != nil || len(got.Entries)+len(want) > 0 && !reflect.DeepEqual(got.Entries, want) {
			t.Fatalf("%s: got %+v, %v\nwant %+v", what, got.Entries, err, want)
		}
		if whole {
			same(t, what+": marks", got.Marks, marks)
			sameHead(t, got.Head, head)
		}
	}
	for _, from := range []int{0, 1, 2, 17, n, n + 1, 9_999_999_999} {
		got, err := open().Tail(t.Context(), ticketID, from)
		check(fmt.Sprint("tail from ", from), got, err, all[min(max(from, 1)-1, n):], true)
	}
	for _, last := range []int{1, 2, 25, n, n + 5} {
		got, err := open().Newest(t.Context(), ticketID, last)
		if len(got.Entries) < min(last, n) {
			t.Errorf("newest %d: got only %d", last, len(got.Entries))
		}
		check(fmt.Sprint("newest ", last), got, err, all[n-len(got.Entries):], true)
	}
	for _, c := range []struct{ from, n int }{{1, 100}, {1, n}, {n - 3, 4}, {n - 3, 13}, {n, 2}, {n + 1, 100}} {
		got, end, err := open().Ahead(t.Context(), ticketID, c.from, c.n)
		some := all[min(c.from-1, n):]
		check(fmt.Sprintf("ahead %+v", c), got, err, some[:min(c.n, len(some))], end)
		if want := len(some)+len(marks)+1 < c.n; want != end {
			t.Errorf("ahead %+v: got end %v", c, end)
		}
	}
	for _, c := range []struct{ from, to, n int }{{1, n, 100}, {5, 9, 100}, {5, 9, 3}, {28, 99, 2}, {7, 7, 1}} {
		some := all[c.from-1 : min(c.to, n)]
		got, err := open().Stretch(t.Context(), ticketID, c.from, c.to, c.n, false)
		check(fmt.Sprintf("%+v", c), got, err, some[:min(c.n, len(some))], false)
		got, err = open().Stretch(t.Context(), ticketID, c.from, c.to, c.n, true)
		check(fmt.Sprintf("%+v backward", c), got, err, some[len(some)-min(c.n, len(some)):], false)
	}
}

// TestLongStretch: a read that DynamoDB cuts at 1 MB goes on.
func TestLongStretch(t *testing.T) {
	who := customer("Sara")
	ticketID, want := logOf(t, 1, who)
	for seq := 2; seq <= 31; seq++ {
		e := entryAt(ticketID, seq, who)
		e.Body = strings.Repeat("👋", 10_000)
		if _, err := open().Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		want = append(want, e)
	}
	if got := wholeLog(t, ticketID); len(got.Entries) != len(want) || got.Head.ID != ticketID {
		t.Errorf("tail: got %d entries and the head %q, want %d", len(got.Entries), got.Head.ID, len(want))
	}
	if got, err := open().Newest(t.Context(), ticketID, 31); err != nil || !reflect.DeepEqual(got.Entries, want) {
		t.Errorf("newest: got %d entries, %v, want %d", len(got.Entries), err, len(want))
	}
}

func TestNoSuchTicket(t *testing.T) {
	for name, read := range map[string]func() (ticket.Log, error){
		"tail":   func() (ticket.Log, error) { return open().Tail(t.Context(), newID(), 1) },
		"newest": func() (ticket.Log, error) { return open().Newest(t.Context(), newID(), 10) },
	} {
		if got, err := read(); err != nil || got.Head.ID != "" || len(got.Entries) != 0 {
			t.Errorf("%s: got %+v, %v, want an empty log", name, got, err)
		}
	}
	if moved, err := open().SetRead(t.Context(), ticket.Mark{TicketID: newID(), Seq: 1}); err != nil || moved {
		t.Errorf("set read: got %v, %v", moved, err)
	}
}

// TestSlotIsTakenOnce: who comes second gets the entry that stands there.
func TestSlotIsTakenOnce(t *testing.T) {
	ticketID, all := logOf(t, 2, customer("Sara"))
	late := entryAt(ticketID, 2, agent("Ali"))
	held, err := open().Append(t.Context(), late)
	if err != nil || held == nil {
		t.Fatalf("append: got %+v, %v", held, err)
	}
	same(t, "held by", *held, all[1])
	held, err = open().AppendWith(t.Context(), late, nil)
	if err != nil || held == nil {
		t.Fatalf("append with files: got %+v, %v", held, err)
	}
	same(t, "held by", *held, all[1])
	same(t, "the log", wholeLog(t, ticketID).Entries, all)
	again := ticket.Fold(ticket.Head{}, all[:1])
	if exists, err := open().Create(t.Context(), again, all[0], nil); err != nil || !exists {
		t.Errorf("create again: got exists %v, %v", exists, err)
	}
}

// TestAppend_OwnWriteAndTwin: a lost response is the same call's own write; an
// equal entry of the same millisecond is another call's.
func TestAppend_OwnWriteAndTwin(t *testing.T) {
	for name, write := range map[string]func(*table.Table, ticket.Entry) (*ticket.Entry, error){
		"Append": func(store *table.Table, e ticket.Entry) (*ticket.Entry, error) { return store.Append(t.Context(), e) },
		"AppendWith": func(store *table.Table, e ticket.Entry) (*ticket.Entry, error) {
			return store.AppendWith(t.Context(), e, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ticketID, _ := logOf(t, 1, customer("Sara"))
			e := entryAt(ticketID, 2, agent("Ali"))
			store, _ := behindLosses(func(n int, _ string) bool { return n == 0 })
			if existing, err := write(store, e); err != nil || existing != nil {
				t.Fatalf("own write after a lost response: got %+v, %v, want nil", existing, err)
			}
			existing, err := write(open(), e)
			if err != nil || existing == nil {
				t.Fatalf("equal entry of another call: got %+v, %v, want the first one", existing, err)
			}
			same(t, "existing entry", *existing, e)
		})
	}
}

// TestCommitIsAllOrNothing: entries and head together, or none of them.
func TestCommitIsAllOrNothing(t *testing.T) {
	who := agent("Ali")
	for _, c := range []struct {
		name     string
		revision int // that the new head says it was folded from
		first    int // seq of the first entry
		ok       bool
	}{{"on top", 1, 3, true}, {"a slot is taken", 1, 2, false}, {"the head moved", 0, 3, false}, {"a head to come", 2, 3, false}} {
		t.Run(c.name, func(t *testing.T) {
			ticketID, all := logOf(t, 2, who)
			added := []ticket.Entry{entryAt(ticketID, c.first, who), entryAt(ticketID, c.first+1, who)}
			h := ticket.Fold(ticket.Head{}, append(all[:2:2], added...))
			h.Revision = c.revision
			err := open().Commit(t.Context(), h, added)
			got := wholeLog(t, ticketID)
			if !c.ok {
				refused(t, "commit", err, fault.Conflict)
				same(t, "the log", got.Entries, all)
				sameHead(t, got.Head, ticket.Fold(ticket.Head{}, all[:1]))
				return
			}
			must(t, err)
			same(t, "the log", got.Entries, append(all, added...))
			sameHead(t, got.Head, h)
			refused(t, "the same commit again", open().Commit(t.Context(), h, added), fault.Conflict)
		})
	}
}

func TestProjectIsGuarded(t *testing.T) {
	ticketID, all := logOf(t, 3, customer("Sara"))
	h := ticket.Fold(ticket.Head{}, all)
	h.Revision = 1
	must(t, open().Project(t.Context(), h))
	refused(t, "an old revision", open().Project(t.Context(), h), fault.Conflict)
	h.Revision = 2
	must(t, open().Project(t.Context(), h))
	if got := wholeLog(t, ticketID).Head; got.Revision != 3 || got.LastSeq != 3 {
		t.Errorf("got revision %d, last %d, want 3 and 3", got.Revision, got.LastSeq)
	}
}

func TestReadMarks(t *testing.T) {
	ticketID, _ := logOf(t, 1, customer("Sara"))
	reader := ticket.Author{ID: newID(), Name: "Ali", Role: user.RoleSupport}
	for i, c := range []struct {
		add  bool
		seq  int
		has  bool // SetRead found a mark
		want int
	}{
		{false, 3, false, 0}, {true, 2, false, 2}, {true, 1, false, 2}, {true, 4, false, 4},
		{false, 3, true, 4}, {false, 4, true, 4}, {false, 7, true, 7},
	} {
		m := ticket.Mark{TicketID: ticketID, Reader: reader, Seq: c.seq}
		if c.add {
			must(t, open().AddRead(t.Context(), m))
		} else if has, err := open().SetRead(t.Context(), m); err != nil || has != c.has {
			t.Errorf("%d: got %v, %v, want %v", i, has, err, c.has)
		}
		if got := wholeLog(t, ticketID).Marks[reader.ID]; got != c.want {
			t.Errorf("%d: the mark is at %d, want %d", i, got, c.want)
		}
	}
}

// TestAMarkOpensNoDoor: whoever read a ticket as an agent, and is one no more,
// cannot go on reading it.
func TestAMarkOpensNoDoor(t *testing.T) {
	t.Parallel()
	desk, categoryID := newDesk(t, open())
	sara, ali := customer("Sara"), agent("Ali")
	ticketID := openTicket(t, desk, categoryID, sara)
	must(t, desk.Read(t.Context(), ali, ticketID, 1))
	say(t, desk, sara, ticketID, "Hello?")
	say(t, desk, sara, ticketID, "Hello!")
	must(t, desk.Read(t.Context(), ali, ticketID, 2))
	ali.Role = user.RoleUser
	for _, seq := range []int{1, 2, 3} {
		refused(t, fmt.Sprint("read to ", seq), desk.Read(t.Context(), ali, ticketID, seq), fault.TicketNotFound)
	}
	if got := wholeLog(t, ticketID).Marks[ali.UserID]; got != 2 {
		t.Errorf("the mark is at %d, want 2", got)
	}
	ali.Role = user.RoleAdmin
	must(t, desk.Read(t.Context(), ali, ticketID, 3))
	if got := wholeLog(t, ticketID).Marks[ali.UserID]; got != 3 {
		t.Errorf("the mark is at %d, want 3", got)
	}
}
