package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

// shelf is a few dozen tickets of one customer in a category of their own,
// different in all that lists tell apart.
type shelf struct {
	owner, category string
	agents          []string
	heads           []ticket.Head
}

var statuses = []ticket.Status{
	ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed,
}

var priorities = []ticket.Priority{ticket.PriorityLow, ticket.PriorityMedium, ticket.PriorityHigh, ticket.PriorityUrgent}

// newShelf stores n tickets. Some share their times: pages must hold then too.
func newShelf(t *testing.T, n int) *shelf {
	t.Helper()
	who := customer("Sara")
	s := &shelf{owner: who.UserID, category: newID(), agents: []string{"", newID(), newID()}}
	for i := range n {
		e := entryAt(newID(), 1, who)
		e.Kind, e.CreatedAt = ticket.KindOpened, time.UnixMilli(int64(1_790_000_000_000+i/2*1000)).UTC()
		e.Opening = &ticket.Opening{Title: fmt.Sprint("ticket ", i), Category: ticket.Category{ID: s.category}}
		e.State = ticket.State{Status: ticket.StatusNew, Priority: priorities[i%4], CategoryID: s.category}
		h := ticket.Fold(ticket.Head{}, []ticket.Entry{e})
		if exists, err := open().Create(t.Context(), h, e, nil); err != nil || exists {
			t.Fatalf("create: got exists %v, %v", exists, err)
		}
		h.State.Status, h.State.AssigneeID = statuses[i%6], s.agents[i%3]
		h.Assignee = ticket.Person{ID: h.State.AssigneeID}
		h.LastActivityAt = e.CreatedAt.Add(time.Duration(i*7%13) * time.Hour)
		if h.Revision = 1; i%5 < 2 {
			h.WaitingSince = time.Time{}
		}
		must(t, open().Project(t.Context(), h))
		s.heads = append(s.heads, h)
	}
	return s
}

// want are the heads that a query asks for, in its order.
func (s *shelf) want(q ticket.Query) []ticket.Head {
	heads := slices.DeleteFunc(slices.Clone(s.heads), func(h ticket.Head) bool { return !q.Matches(h) })
	slices.SortStableFunc(heads, func(a, b ticket.Head) int {
		switch q.Sort {
		case ticket.SortActivity:
			return b.LastActivityAt.Compare(a.LastActivityAt)
		case ticket.SortCreated:
			return b.CreatedAt.Compare(a.CreatedAt)
		case ticket.SortWaiting:
		}
		return cmp.Compare(ticket.WaitKey(a), ticket.WaitKey(b))
	})
	return heads
}

// collect pages through a list and keeps what is of this shelf.
func (s *shelf) collect(t *testing.T, q ticket.Query) []ticket.Head {
	t.Helper()
	var all []ticket.Head
	var cursor map[string]string
	for range 200 {
		heads, next, err := open().List(context.Background(), q, cursor)
		if err != nil || len(heads) > q.Limit {
			t.Fatalf("%+v: got %d heads, %v", q, len(heads), err)
		}
		all = append(all, slices.DeleteFunc(heads, func(h ticket.Head) bool { return h.State.CategoryID != s.category })...)
		if cursor = next; cursor == nil {
			return all
		}
	}
	t.Fatalf("%+v: the list does not end", q)
	return nil
}

// place is what a list orders by: of tickets in one place either may be first.
func place(q ticket.Query, h ticket.Head) string {
	switch q.Sort {
	case ticket.SortActivity:
		return ticket.TimeKey(h.LastActivityAt)
	case ticket.SortCreated:
		return ticket.TimeKey(h.CreatedAt)
	case ticket.SortWaiting:
	}
	return ticket.WaitKey(h)
}

// TestLists asks for every mixture of filters, in every order, in pages of
// several sizes, and compares with a filter and a sort in memory.
func TestLists(t *testing.T) {
	t.Parallel()
	s := newShelf(t, 24)
	var queries []ticket.Query
	for _, order := range []ticket.Sort{ticket.SortActivity, ticket.SortWaiting, ticket.SortCreated} {
		for _, q := range []ticket.Query{
			{CategoryID: s.category},
			{CategoryID: s.category, AssigneeID: s.agents[1]},
			{CategoryID: s.category, AssigneeID: ticket.Nobody},
			{AssigneeID: s.agents[2]},
			{AssigneeID: s.agents[2], Priority: ticket.PriorityUrgent, Statuses: statuses[:3]},
			{CategoryID: s.category, Statuses: []ticket.Status{ticket.StatusOpen}},
			{CategoryID: s.category, Statuses: statuses[4:]},
			{CategoryID: s.category, Statuses: statuses[:2], Priority: ticket.PriorityHigh},
			{CategoryID: s.category, Statuses: statuses[3:5], Priority: ticket.PriorityLow},
			{CategoryID: s.category, Priority: ticket.PriorityMedium},
			{CategoryID: newID()},
		} {
			q.Sort = order
			queries = append(queries, q)
		}
		if order != ticket.SortWaiting {
			queries = append(queries,
				ticket.Query{Sort: order, CustomerID: s.owner},
				ticket.Query{Sort: order, CustomerID: s.owner, Statuses: []ticket.Status{ticket.StatusOnHold, ticket.StatusOpen}},
				ticket.Query{Sort: order, CustomerID: s.owner, Priority: ticket.PriorityHigh, AssigneeID: s.agents[1]},
				ticket.Query{Sort: order, CustomerID: newID()})
		}
	}
	for _, q := range queries {
		for _, q.Limit = range []int{5, 100} {
			s.check(t, q)
		}
	}
}

func (s *shelf) check(t *testing.T, q ticket.Query) {
	t.Helper()
	got, want := s.collect(t, q), s.want(q)
	if len(got) != len(want) {
		t.Errorf("%+v: got %d tickets, want %d", q, len(got), len(want))
		return
	}
	seen := map[string]bool{}
	for i, h := range got {
		if place(q, h) != place(q, want[i]) || seen[h.ID] || !q.Matches(h) {
			t.Errorf("%+v: the ticket at %d does not belong there: got %+v\nwant %+v", q, i, h, want[i])
			return
		}
		seen[h.ID] = true
	}
}

// TestWholeQueue: the queue of all, and of one status, hold every ticket once.
func TestWholeQueue(t *testing.T) {
	s := newShelf(t, 12)
	for _, order := range []ticket.Sort{ticket.SortActivity, ticket.SortWaiting, ticket.SortCreated} {
		s.check(t, ticket.Query{Sort: order, Limit: 100})
		s.check(t, ticket.Query{Sort: order, Limit: 100, Statuses: []ticket.Status{ticket.StatusPending}})
	}
}

// TestListShowsWholeHeads: what a row tells is all that the head does.
func TestListShowsWholeHeads(t *testing.T) {
	s := newShelf(t, 1)
	for _, q := range []ticket.Query{
		{Sort: ticket.SortActivity, CustomerID: s.owner, Limit: 5}, {Sort: ticket.SortCreated, CustomerID: s.owner, Limit: 5},
		{Sort: ticket.SortWaiting, CategoryID: s.category, Limit: 5},
	} {
		got := s.collect(t, q)
		if len(got) != 1 {
			t.Fatalf("%+v: got %d tickets", q, len(got))
		}
		sameHead(t, got[0], s.heads[0])
	}
}

// TestStrangeCursors: a cursor of another list is refused, not followed.
func TestStrangeCursors(t *testing.T) {
	s := newShelf(t, 3)
	mine := ticket.Query{Sort: ticket.SortActivity, CustomerID: s.owner, Limit: 1}
	_, next, err := open().List(t.Context(), mine, nil)
	if err != nil || next == nil {
		t.Fatalf("got %v, %v", next, err)
	}
	for name, cursor := range map[string]map[string]string{
		"of another index": {"PK": "T#x", "SK": "~H", "q": "0", "w": "1"},
		"with a key less":  {"PK": next["PK"], "SK": next["SK"]},
		"nonsense":         {"x": "y"},
	} {
		_, _, err := open().List(t.Context(), mine, cursor)
		refused(t, name, err, fault.BadCursor)
	}
}
