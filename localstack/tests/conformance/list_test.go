package conformance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
)

// ticketSet is a set of tickets of one customer in their own category, with different
// values in all listed fields.
type ticketSet struct {
	ownerID, categoryID string
	agentIDs            []string
	tickets             []ticket.Ticket
}

var statuses = []ticket.Status{
	ticket.StatusNew, ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed,
}

var priorities = []ticket.Priority{ticket.PriorityLow, ticket.PriorityMedium, ticket.PriorityHigh, ticket.PriorityUrgent}

// newTicketSet stores n tickets. Some have equal times, to test pagination with equal
// sort keys.
func newTicketSet(t *testing.T, db backend, n int) *ticketSet {
	t.Helper()
	actor := customer("Sara")
	s := &ticketSet{ownerID: actor.UserID, categoryID: newID(), agentIDs: []string{"", newID(), newID()}}
	for i := range n {
		e := newEntry(newID(), 1, actor)
		e.Kind, e.CreatedAt = ticket.KindOpened, time.UnixMilli(int64(1_790_000_000_000+i/2*1000)).UTC()
		e.Opening = &ticket.Opening{Title: fmt.Sprint("ticket ", i), Category: ticket.Category{ID: s.categoryID}}
		e.State = ticket.State{Status: ticket.StatusNew, Priority: priorities[i%4], CategoryID: s.categoryID}
		tk := ticket.Fold(ticket.Ticket{}, []ticket.Entry{e})
		if exists, err := db.open().CreateTicket(t.Context(), tk, e, nil); err != nil || exists {
			t.Fatalf("create: got exists %v, %v", exists, err)
		}
		tk.State.Status, tk.State.AssigneeID = statuses[i%6], s.agentIDs[i%3]
		tk.Assignee = ticket.UserRef{ID: tk.State.AssigneeID}
		tk.LastActivityAt = e.CreatedAt.Add(time.Duration(i*7%13) * time.Hour)
		tk.Tags, tk.Messages = [][]string{nil, {"vip"}, {"new", "refund"}}[i%3], i%2
		tk.Readers = map[string]ticket.Reader{s.ownerID: {Unread: i % 4 / 2}}
		if tk.Revision = 1; i%5 < 2 {
			tk.WaitingSince = time.Time{}
		}
		must(t, db.open().SaveProjection(t.Context(), tk))
		s.tickets = append(s.tickets, tk)
	}
	return s
}

// expected returns the tickets that match q, in the order of q.
func (s *ticketSet) expected(q ticket.Query) []ticket.Ticket {
	tickets := slices.DeleteFunc(slices.Clone(s.tickets), func(tk ticket.Ticket) bool { return !q.Matches(tk) })
	slices.SortStableFunc(tickets, func(a, b ticket.Ticket) int {
		switch q.Sort {
		case ticket.SortActivity:
			return b.LastActivityAt.Compare(a.LastActivityAt)
		case ticket.SortCreated:
			return b.CreatedAt.Compare(a.CreatedAt)
		case ticket.SortWaiting:
		}
		return cmp.Compare(ticket.QueueSortKey(a), ticket.QueueSortKey(b))
	})
	return tickets
}

// collect reads all pages of a list and keeps the tickets of this set.
func (s *ticketSet) collect(t *testing.T, db backend, q ticket.Query) []ticket.Ticket {
	t.Helper()
	var all []ticket.Ticket
	var cursor map[string]string
	for range 200 {
		tickets, next, err := db.open().ListTickets(context.Background(), q, cursor)
		if err != nil || len(tickets) > q.Limit {
			t.Fatalf("%+v: got %d tickets, %v", q, len(tickets), err)
		}
		all = append(all, slices.DeleteFunc(tickets, func(tk ticket.Ticket) bool { return tk.State.CategoryID != s.categoryID })...)
		if cursor = next; cursor == nil {
			return all
		}
	}
	t.Fatalf("%+v: the list does not end", q)
	return nil
}

// sortKey returns the key that q sorts by. Tickets with equal keys may be in any order.
func sortKey(q ticket.Query, tk ticket.Ticket) string {
	switch q.Sort {
	case ticket.SortActivity:
		return ticket.TimeSortKey(tk.LastActivityAt)
	case ticket.SortCreated:
		return ticket.TimeSortKey(tk.CreatedAt)
	case ticket.SortWaiting:
	}
	return ticket.QueueSortKey(tk)
}

// TestListTickets runs all combinations of filter, order and page size, and compares
// the result with a filter and a sort in memory.
func TestListTickets(t *testing.T) {
	t.Parallel()
	forEachListBackend(t, func(t *testing.T, db backend) {
		s := newTicketSet(t, db, 24)
		var queries []ticket.Query
		for _, order := range []ticket.Sort{ticket.SortActivity, ticket.SortWaiting, ticket.SortCreated} {
			for _, q := range []ticket.Query{
				{CategoryIDs: []string{s.categoryID}},
				{CategoryIDs: []string{s.categoryID}, AssigneeID: s.agentIDs[1]},
				{CategoryIDs: []string{s.categoryID}, AssigneeID: ticket.Unassigned},
				{AssigneeID: s.agentIDs[2]},
				{AssigneeID: s.agentIDs[2], Priorities: []ticket.Priority{ticket.PriorityUrgent}, Statuses: statuses[:3]},
				{CategoryIDs: []string{s.categoryID}, Statuses: []ticket.Status{ticket.StatusOpen}},
				{CategoryIDs: []string{s.categoryID}, Statuses: statuses[4:]},
				{CategoryIDs: []string{s.categoryID}, Statuses: statuses[:2], Priorities: []ticket.Priority{ticket.PriorityHigh}},
				{CategoryIDs: []string{s.categoryID}, Statuses: statuses[3:5], Priorities: []ticket.Priority{ticket.PriorityLow}},
				{CategoryIDs: []string{s.categoryID}, Priorities: []ticket.Priority{ticket.PriorityMedium}},
				{CategoryIDs: []string{newID()}},
				{CategoryIDs: []string{s.categoryID, newID()}, Priorities: priorities[:2]},
				{CategoryIDs: []string{s.categoryID}, Tags: []string{"refund", "vip"}},
				{CategoryIDs: []string{s.categoryID}, UnreadFor: newID()},
				{CategoryIDs: []string{s.categoryID}, UnreadFor: s.ownerID},
				{CustomerIDs: []string{s.ownerID}, Tags: []string{"vip"}},
				{CustomerIDs: []string{s.ownerID, newID()}, Statuses: statuses[:4], UnreadFor: newID()},
				{CustomerIDs: []string{newID()}},
				{CategoryIDs: []string{s.categoryID}, From: s.tickets[4].CreatedAt, To: s.tickets[9].CreatedAt},
				{CustomerIDs: []string{s.ownerID}, From: s.tickets[4].CreatedAt, Priorities: priorities[1:3]},
				{CustomerIDs: []string{s.ownerID}, To: s.tickets[9].CreatedAt},
			} {
				q.Sort = order
				queries = append(queries, q)
			}
			if order != ticket.SortWaiting {
				queries = append(queries,
					ticket.Query{Sort: order, CustomerID: s.ownerID},
					ticket.Query{Sort: order, CustomerID: s.ownerID, Statuses: []ticket.Status{ticket.StatusOnHold, ticket.StatusOpen}},
					ticket.Query{Sort: order, CustomerID: s.ownerID, Priorities: []ticket.Priority{ticket.PriorityHigh}, AssigneeID: s.agentIDs[1]},
					ticket.Query{Sort: order, CustomerID: newID()})
			}
		}
		for _, q := range queries {
			for _, q.Limit = range []int{5, 100} {
				s.check(t, db, q)
			}
		}
	})
}

func (s *ticketSet) check(t *testing.T, db backend, q ticket.Query) {
	t.Helper()
	got, want := s.collect(t, db, q), s.expected(q)
	if len(got) != len(want) {
		t.Errorf("%+v: got %d tickets, want %d", q, len(got), len(want))
		return
	}
	seen := map[string]bool{}
	for i, tk := range got {
		if sortKey(q, tk) != sortKey(q, want[i]) || seen[tk.ID] || !q.Matches(tk) {
			t.Errorf("%+v: unexpected ticket at %d: got %+v\nwant %+v", q, i, tk, want[i])
			return
		}
		seen[tk.ID] = true
	}
}

// TestListTickets_BoundedPage checks that a page of a filtered list reads a bounded number of
// tickets, and that the list goes on after a page without matches.
func TestListTickets_BoundedPage(t *testing.T) {
	t.Parallel()
	s := newTicketSet(t, onDynamo, 130)
	for _, q := range []ticket.Query{
		{CustomerIDs: []string{s.ownerID}, Sort: ticket.SortCreated, Tags: []string{"nothing"}},
		{CustomerIDs: []string{s.ownerID}, Sort: ticket.SortCreated, To: s.tickets[2].CreatedAt, Tags: []string{"nothing"}},
	} {
		q.Limit = 5
		var pages []int
		var cursor map[string]string
		for {
			found, next, err := openStore().ListTickets(t.Context(), q, cursor)
			must(t, err)
			pages = append(pages, len(found))
			if cursor = next; cursor == nil {
				break
			}
		}
		want := "[0 0]"
		if !q.To.IsZero() {
			want = "[0]"
		}
		if fmt.Sprint(pages) != want {
			t.Errorf("%+v: got tickets per page %v, want %s", q, pages, want)
		}
	}
}

// TestListTickets_Queue checks that the queue, of all tickets and of one status,
// contains every ticket once.
func TestListTickets_Queue(t *testing.T) {
	forEachListBackend(t, func(t *testing.T, db backend) {
		s := newTicketSet(t, db, 12)
		for _, order := range []ticket.Sort{ticket.SortActivity, ticket.SortWaiting, ticket.SortCreated} {
			s.check(t, db, ticket.Query{Sort: order, Limit: 100})
			s.check(t, db, ticket.Query{Sort: order, Limit: 100, Statuses: []ticket.Status{ticket.StatusPending}})
		}
	})
}

// TestListTickets_AllFields checks that a listed ticket has all fields of the stored
// ticket.
func TestListTickets_AllFields(t *testing.T) {
	forEachListBackend(t, func(t *testing.T, db backend) {
		s := newTicketSet(t, db, 1)
		for _, q := range []ticket.Query{
			{Sort: ticket.SortActivity, CustomerID: s.ownerID, Limit: 5}, {Sort: ticket.SortCreated, CustomerID: s.ownerID, Limit: 5},
			{Sort: ticket.SortWaiting, CategoryIDs: []string{s.categoryID}, Limit: 5},
		} {
			got := s.collect(t, db, q)
			if len(got) != 1 {
				t.Fatalf("%+v: got %d tickets", q, len(got))
			}
			equalTicket(t, got[0], s.tickets[0])
		}
	})
}

// TestListTickets_InvalidCursor checks that the cursor of another list is rejected.
func TestListTickets_InvalidCursor(t *testing.T) {
	forEachListBackend(t, func(t *testing.T, db backend) {
		s := newTicketSet(t, db, 3)
		mine := ticket.Query{Sort: ticket.SortActivity, CustomerID: s.ownerID, Limit: 1}
		_, next, err := db.open().ListTickets(t.Context(), mine, nil)
		if err != nil || next == nil {
			t.Fatalf("got %v, %v", next, err)
		}
		for name, cursor := range map[string]map[string]string{
			"of another index":   {"PK": "T#x", "SK": "~H", "q": "0", "w": "1"},
			"with a missing key": {"PK": next["PK"], "SK": next["SK"]},
			"nonsense":           {"x": "y"},
		} {
			_, _, err := db.open().ListTickets(t.Context(), mine, cursor)
			wantCode(t, name, err, apperr.BadCursor)
		}
	})
}

// TestActiveTicketsOf checks that the index returns exactly the active tickets of an agent.
func TestActiveTicketsOf(t *testing.T) {
	t.Parallel()
	s := newTicketSet(t, onDynamo, 24)
	for _, agentID := range s.agentIDs[1:] {
		var want []string
		for _, tk := range s.tickets {
			if tk.State.AssigneeID == agentID && tk.State.Status.IsActive() {
				want = append(want, tk.ID)
			}
		}
		got, err := openStore().ActiveTicketsOf(t.Context(), agentID, 100)
		must(t, err)
		slices.Sort(got)
		slices.Sort(want)
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}
