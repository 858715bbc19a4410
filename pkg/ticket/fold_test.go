package ticket

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/user"
)

// opened is the head behind the first entry.
func opened() Head {
	return Head{
		ID: ticketID, Title: "Help", Customer: Person{ID: "sara", Name: "Sara"}, Category: billing,
		State:   State{Status: StatusNew, Priority: PriorityMedium, CategoryID: "billing"},
		LastSeq: 1, PublicSeq: 1, Preview: "It does not work",
		CreatedAt: minute(1), LastActivityAt: minute(1), WaitingSince: minute(1),
	}
}

// kindCase says what a story's last entries change in the head behind the first.
type kindCase struct {
	name string
	log  story
	want func(h *Head)
}

func kindCases() []kindCase {
	return []kindCase{
		{"opened", opening(), func(*Head) {}},
		{"message of the customer", opening().says(sara, "  still\n\tbroken "), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt = 2, 2, minute(2)
			h.Messages, h.Preview, h.Readers = 1, "still broken", map[string]Reader{"sara": {}}
		}},
		{"first answer", opening().moves(ali, StatusOpen), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt, h.State.Status = 2, 2, minute(2), StatusOpen
			h.Messages, h.Preview, h.Readers = 1, "moving on", map[string]Reader{"ali": {}}
			h.FirstReplyAt, h.WaitingSince = minute(2), zeroTime
		}},
		{"note", opening().notes(ali, "a known fault"), func(h *Head) {
			h.LastSeq, h.Notes, h.Readers = 2, 1, map[string]Reader{"ali": {}}
		}},
		{"status", opening().status(ali, StatusPending), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt, h.State.Status = 2, 2, minute(2), StatusPending
		}},
		{"resolved", opening().status(ali, StatusResolved), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt, h.State.Status = 2, 2, minute(2), StatusResolved
			h.ResolvedAt, h.WaitingSince = minute(2), zeroTime
		}},
		{"closed", opening().status(sara, StatusClosed), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt, h.State.Status = 2, 2, minute(2), StatusClosed
			h.ClosedAt, h.WaitingSince = minute(2), zeroTime
		}},
		{"assignment", opening().assigns(ali, Person{"mina", "Mina"}), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt = 2, 2, minute(2)
			h.State.AssigneeID, h.Assignee = "mina", Person{"mina", "Mina"}
		}},
		{"release", opening().assigns(ali, Person{"mina", "Mina"}).assigns(mina, Person{}), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt = 3, 3, minute(3)
		}},
		{"priority", opening().then(sara, KindPriority, "", &Change{Field: "priority", From: "medium", To: "urgent"}), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt, h.State.Priority = 2, 2, minute(2), PriorityUrgent
		}},
		{"category", opening().then(ali, KindCategory, "", &Change{Field: "category", From: "billing", To: "technical", Names: technical.Names}), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt = 2, 2, minute(2)
			h.State.CategoryID, h.Category = "technical", technical
		}},
		{"title", opening().then(sara, KindTitle, "", &Change{Field: "title", From: "Help", To: "Help me"}), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt, h.Title = 2, 2, minute(2), "Help me"
		}},
		{"tags", opening().then(ali, KindTags, "", &Change{Field: "tags", To: "a,b"}), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt, h.Tags = 2, 2, minute(2), []string{"a", "b"}
		}},
		{"tags taken away", opening().then(ali, KindTags, "", &Change{Field: "tags", To: "a"}).then(ali, KindTags, "", &Change{Field: "tags", From: "a"}), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt = 3, 3, minute(3)
		}},
		{"rating", opening().then(sara, KindRating, "5", nil), func(h *Head) {
			h.LastSeq, h.PublicSeq, h.LastActivityAt = 2, 2, minute(2)
		}},
	}
}

func TestFoldEveryKind(t *testing.T) {
	for _, c := range kindCases() {
		t.Run(c.name, func(t *testing.T) {
			want := opened()
			c.want(&want)
			if got := c.log.head(); !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// long is a story with everything in it, told by chance: the same every time.
func long(entries int) story {
	chance := rand.New(rand.NewPCG(1, 2))
	s := opening()
	for len(s) < entries {
		agent := []user.Principal{ali, mina, root}[chance.IntN(3)]
		switch chance.IntN(8) {
		case 0, 1:
			s = s.says(sara, "from the customer")
		case 2, 3:
			s = s.says(agent, "from the house")
		case 4:
			s = s.notes(agent, "among us")
		case 5:
			s = s.moves(agent, []Status{StatusOpen, StatusPending, StatusOnHold, StatusResolved, StatusClosed}[chance.IntN(5)])
		case 6:
			s = s.assigns(agent, []Person{{"ali", "Ali"}, {"mina", "Mina"}, {}}[chance.IntN(3)])
		default:
			s = s.then(agent, KindTags, "", &Change{Field: "tags", To: []string{"", "a", "a,b"}[chance.IntN(3)]})
		}
	}
	return s
}

// TestFoldOverlaps folds a log in two stretches that overlap in every way.
func TestFoldOverlaps(t *testing.T) {
	log := long(40)
	want := log.head()
	for end := range log {
		for begin := 0; begin <= end; begin++ {
			if got := Fold(Fold(Head{}, log[:end]), log[begin:]); !reflect.DeepEqual(got, want) {
				t.Fatalf("to %d, then from %d: got %+v\nwant %+v", end, begin+1, got, want)
			}
		}
	}
	doubled := slices.Concat(log, log)
	if got := Fold(Fold(Head{}, doubled), doubled); !reflect.DeepEqual(got, want) {
		t.Errorf("doubled: got %+v\nwant %+v", got, want)
	}
}

func TestFoldLeavesAGapAlone(t *testing.T) {
	log := long(10)
	for _, c := range []struct {
		held, from int
		want       bool
	}{{5, 4, false}, {5, 5, false}, {5, 6, false}, {5, 7, true}, {5, 10, true}, {0, 1, false}, {0, 2, true}} {
		h := Fold(Head{}, log[:c.held])
		if got := Gap(h, log[c.from-1:]); got != c.want {
			t.Errorf("Gap of a head at %d and entries from %d: got %v, want %v", c.held, c.from, got, c.want)
		}
		if got := Fold(h, log[c.from-1:]); c.want && !reflect.DeepEqual(got, h) {
			t.Errorf("a head at %d took entries from %d: got %+v", c.held, c.from, got)
		}
	}
	if Gap(Head{}, nil) {
		t.Error("there is no gap before nothing")
	}
}

// TestFoldLeavesItsInputAlone: a head is shared by those who decide from it.
func TestFoldLeavesItsInputAlone(t *testing.T) {
	log := long(40)
	for n := 1; n < len(log); n++ {
		h, want := log[:n].head(), log[:n].head()
		Fold(h, log[n:])
		MarkRead(h, "sara", n, false, log[:n])
		if !reflect.DeepEqual(h, want) {
			t.Fatalf("the head at %d was changed: got %+v\nwant %+v", n, h, want)
		}
	}
}

// unread counts by the book what somebody has not read.
func unread(log story, who user.Principal, mark int) int {
	n := 0
	for _, e := range log {
		if e.Seq > mark && e.IsMessage() && e.VisibleTo(who.Role) && e.Author.ID != who.UserID {
			n++
		}
	}
	return n
}

// TestUnreadByTheBook reads and writes by chance and counts after each step.
func TestUnreadByTheBook(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	people := []user.Principal{sara, ali, mina, root}
	for range 20 {
		log := long(60)
		marks := map[string]int{}
		var h Head
		for n := range log {
			h = Fold(h, log[n:n+1])
			if reader := people[chance.IntN(len(people))]; chance.IntN(3) == 0 {
				mark := max(marks[reader.UserID], chance.IntN(n+1)+1)
				marks[reader.UserID] = mark
				h = MarkRead(h, reader.UserID, mark, reader.Role.Staff(), log[:n+1])
			}
			for _, who := range people {
				if got, want := h.UnreadFor(who), unread(log[:n+1], who, marks[who.UserID]); got != want {
					t.Fatalf("%s after %d with the mark at %d: got %d unread, want %d", who.Name, n+1, marks[who.UserID], got, want)
				}
			}
		}
	}
}

func TestMarkRead(t *testing.T) {
	log := opening().says(sara, "one").says(ali, "two").notes(mina, "three").says(ali, "four")
	for _, c := range []struct {
		who  user.Principal
		seq  int
		want int
	}{
		{sara, 0, 2}, {sara, 3, 1}, {sara, 4, 1}, {sara, 5, 0},
		{ali, 0, 2}, {ali, 2, 1}, {ali, 4, 0}, {mina, 0, 3}, {mina, 3, 1}, {root, 1, 4},
	} {
		h := MarkRead(log.head(), c.who.UserID, c.seq, c.who.Role.Staff(), log)
		if got := h.Readers[c.who.UserID]; got != (Reader{Read: c.seq, Unread: c.want}) {
			t.Errorf("%s at %d: got %+v, want %d unread", c.who.Name, c.seq, got, c.want)
		}
	}
	// Entries the head has not folded in yet are counted when they are.
	if h := MarkRead(log[:3].head(), "sara", 1, false, log); h.Readers["sara"].Unread != 1 {
		t.Errorf("beyond the head: got %+v, want 1 unread", h.Readers["sara"])
	}
}

func TestClocks(t *testing.T) {
	type clocks struct{ waiting, replied, resolved, closed int } // minutes, 0 for none
	for _, c := range []struct {
		name string
		log  story
		want clocks
	}{
		{"a customer waits from the beginning", opening().says(sara, "hello?"), clocks{waiting: 1}},
		{"a note answers nobody", opening().notes(ali, "hm"), clocks{waiting: 1}},
		{"an answer", opening().says(ali, "yes"), clocks{replied: 2}},
		{"a question after the answer", opening().says(ali, "yes").says(sara, "and?").says(sara, "so?"), clocks{waiting: 3, replied: 2}},
		{"the first answer stays the first", opening().says(ali, "yes").says(sara, "and?").says(mina, "no"), clocks{replied: 2}},
		{"resolved by a message", opening().moves(ali, StatusResolved), clocks{replied: 2, resolved: 2}},
		{"resolved and closed", opening().status(ali, StatusResolved).status(ali, StatusClosed), clocks{resolved: 2, closed: 3}},
		{"a note on a closed one", opening().status(ali, StatusClosed).notes(ali, "bye"), clocks{closed: 2}},
		{"reopened by the customer", opening().status(ali, StatusClosed).moves(sara, StatusOpen), clocks{waiting: 3}},
		{"reopened by the house", opening().says(ali, "yes").status(ali, StatusResolved).status(ali, StatusOpen), clocks{replied: 2}},
	} {
		h := c.log.head()
		for _, clock := range []struct {
			name string
			got  time.Time
			want int
		}{
			{"WaitingSince", h.WaitingSince, c.want.waiting}, {"FirstReplyAt", h.FirstReplyAt, c.want.replied},
			{"ResolvedAt", h.ResolvedAt, c.want.resolved}, {"ClosedAt", h.ClosedAt, c.want.closed},
		} {
			if want := (map[bool]time.Time{true: minute(clock.want)})[clock.want > 0]; clock.got != want {
				t.Errorf("%s: %s: got %v, want %v", c.name, clock.name, clock.got, want)
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
		if got := preview(c.body); got != c.want {
			t.Errorf("%q: got %q, want %q", c.body, got, c.want)
		}
	}
}
