package ticket_test

import (
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/ticket"
)

// TestQueueSortKey_Order has tickets in the expected order of the queue.
func TestQueueSortKey_Order(t *testing.T) {
	row := func(s ticket.Status, p ticket.Priority, waiting, activity int) ticket.Ticket {
		tk := ticket.Ticket{State: ticket.State{Status: s, Priority: p}, LastActivityAt: minute(activity), CreatedAt: minute(activity)}
		if waiting > 0 {
			tk.WaitingSince = minute(waiting)
		}
		return tk
	}
	queue := []ticket.Ticket{
		row(ticket.StatusNew, ticket.PriorityUrgent, 50, 50),
		row(ticket.StatusOpen, ticket.PriorityUrgent, 0, 1),
		row(ticket.StatusOpen, ticket.PriorityHigh, 2, 90), // waits longest, despite the latest activity
		row(ticket.StatusNew, ticket.PriorityHigh, 3, 3),
		row(ticket.StatusPending, ticket.PriorityHigh, 0, 4), // answered: after all that wait
		row(ticket.StatusOnHold, ticket.PriorityHigh, 0, 5),
		row(ticket.StatusNew, ticket.PriorityMedium, 1, 1),
		row(ticket.StatusOpen, ticket.PriorityLow, 1, 1),
		row(ticket.StatusClosed, ticket.PriorityLow, 0, 80), // closed or resolved: newest first, regardless of priority
		row(ticket.StatusResolved, ticket.PriorityUrgent, 0, 70),
		row(ticket.StatusClosed, ticket.PriorityHigh, 0, 60),
	}
	keys := make([]string, len(queue))
	for i, tk := range queue {
		keys[i] = ticket.QueueSortKey(tk)
	}
	if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("the keys do not ascend: %q", keys)
	}
}

func TestQueuePriorityPrefix_ActiveTickets(t *testing.T) {
	for _, p := range []ticket.Priority{ticket.PriorityUrgent, ticket.PriorityHigh, ticket.PriorityMedium, ticket.PriorityLow} {
		for _, s := range allStatuses {
			key := ticket.QueueSortKey(ticket.Ticket{State: ticket.State{Status: s, Priority: p}, LastActivityAt: minute(1)})
			if got := key[:1] == ticket.QueuePriorityPrefix(p); got != s.IsActive() {
				t.Errorf("%s %s: key %q under prefix %q is %v, want %v", p, s, key, ticket.QueuePriorityPrefix(p), got, s.IsActive())
			}
		}
	}
}

func TestTimeSortKey(t *testing.T) {
	times := []time.Time{time.UnixMilli(0), time.UnixMilli(999), time.UnixMilli(1000), minute(0), minute(0).Add(time.Millisecond), time.UnixMilli(ticket.MaxMillis)}
	for i := 1; i < len(times); i++ {
		if before, after := ticket.TimeSortKey(times[i-1]), ticket.TimeSortKey(times[i]); before >= after || len(before) != len(after) {
			t.Errorf("%v gives %q, %v gives %q", times[i-1], before, times[i], after)
		}
	}
	for at, want := range map[time.Time]int64{{}: 0, time.UnixMilli(-1): 0, time.UnixMilli(ticket.MaxMillis + 1): ticket.MaxMillis, time.UnixMilli(1e14): ticket.MaxMillis} {
		if got := ticket.TimeSortKey(at); got != ticket.TimeSortKey(time.UnixMilli(want)) {
			t.Errorf("%v gives %q, want the key of %d", at, got, want)
		}
	}
}

func TestQuery_Matches(t *testing.T) {
	tk := ticket.Ticket{Customer: ticket.UserRef{ID: "sara"}, State: ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityHigh, CategoryID: "billing", AssigneeID: "ali"}}
	tagged := tk
	tagged.Tags, tagged.Messages, tagged.CreatedAt = []string{"vip", "a"}, 1, minute(3)
	tagged.Readers = map[string]ticket.Reader{"ali": {Read: 2}}
	arabic := tagged
	arabic.Tags = []string{"\u0643\u0627\u0644\u0627"}
	free := tk
	free.State.AssigneeID = ""
	for _, c := range []struct {
		name string
		q    ticket.Query
		h    ticket.Ticket
		want bool
	}{
		{"no filter", ticket.Query{}, tk, true},
		{"own ticket", ticket.Query{CustomerID: "sara"}, tk, true},
		{"ticket of another customer", ticket.Query{CustomerID: "reza"}, tk, false},
		{"one of the statuses", ticket.Query{Statuses: []ticket.Status{ticket.StatusNew, ticket.StatusOpen}}, tk, true},
		{"another status", ticket.Query{Statuses: []ticket.Status{ticket.StatusNew}}, tk, false},
		{"category", ticket.Query{CategoryIDs: []string{"billing"}}, tk, true},
		{"another category", ticket.Query{CategoryIDs: []string{"technical"}}, tk, false},
		{"assignee", ticket.Query{AssigneeID: "ali"}, tk, true},
		{"another assignee", ticket.Query{AssigneeID: "mina"}, tk, false},
		{"assigned, unassigned wanted", ticket.Query{AssigneeID: ticket.Unassigned}, tk, false},
		{"unassigned wanted", ticket.Query{AssigneeID: ticket.Unassigned}, free, true},
		{"priority", ticket.Query{Priorities: []ticket.Priority{ticket.PriorityHigh}}, tk, true},
		{"another priority", ticket.Query{Priorities: []ticket.Priority{ticket.PriorityLow}}, tk, false},
		{"one of the customers", ticket.Query{CustomerIDs: []string{"reza", "sara"}}, tk, true},
		{"other customers", ticket.Query{CustomerIDs: []string{"reza"}}, tk, false},
		{"one of the tags", ticket.Query{Tags: []string{"refund", "vip"}}, tagged, true},
		{"another tag", ticket.Query{Tags: []string{"refund"}}, tagged, false},
		{"a tag in Arabic letters", ticket.Query{Tags: []string{"\u06a9\u0627\u0644\u0627"}}, arabic, true},
		{"no tags", ticket.Query{Tags: []string{"refund"}}, tk, false},
		{"unread", ticket.Query{UnreadFor: "mina"}, tagged, true},
		{"read", ticket.Query{UnreadFor: "ali"}, tagged, false},
		{"created at the start", ticket.Query{From: minute(3), To: minute(4)}, tagged, true},
		{"created before", ticket.Query{From: minute(4)}, tagged, false},
		{"created at the end", ticket.Query{To: minute(3)}, tagged, false},
		{"one filter fails", ticket.Query{CustomerID: "sara", Statuses: []ticket.Status{ticket.StatusOpen}, AssigneeID: "ali", Priorities: []ticket.Priority{ticket.PriorityLow}}, tk, false},
	} {
		if got := c.q.Matches(c.h); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPriorityAndStatus_Valid(t *testing.T) {
	for p, want := range map[ticket.Priority]int{ticket.PriorityUrgent: 0, ticket.PriorityHigh: 1, ticket.PriorityMedium: 2, ticket.PriorityLow: 3, "": -1, "High": -1} {
		if got := p.Rank(); got != want || p.Valid() != (want >= 0) {
			t.Errorf("%q: got rank %d, valid %v, want %d", p, got, p.Valid(), want)
		}
	}
	for s, want := range map[ticket.Status][2]bool{
		ticket.StatusNew: {true, true}, ticket.StatusOpen: {true, true}, ticket.StatusPending: {true, true}, ticket.StatusOnHold: {true, true},
		ticket.StatusResolved: {true, false}, ticket.StatusClosed: {true, false}, "": {}, "Open": {},
	} {
		if got := [2]bool{s.Valid(), s.IsActive()}; got != want {
			t.Errorf("%q: got valid, active %v, want %v", s, got, want)
		}
	}
}
