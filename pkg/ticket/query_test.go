package ticket

import (
	"slices"
	"testing"
	"time"
)

// TestQueueSortKey_Order has tickets in the expected order of the queue.
func TestQueueSortKey_Order(t *testing.T) {
	row := func(s Status, p Priority, waiting, activity int) Ticket {
		tk := Ticket{State: State{Status: s, Priority: p}, LastActivityAt: minute(activity), CreatedAt: minute(activity)}
		if waiting > 0 {
			tk.WaitingSince = minute(waiting)
		}
		return tk
	}
	queue := []Ticket{
		row(StatusNew, PriorityUrgent, 50, 50),
		row(StatusOpen, PriorityUrgent, 0, 1),
		row(StatusOpen, PriorityHigh, 2, 90), // waits longest, despite the latest activity
		row(StatusNew, PriorityHigh, 3, 3),
		row(StatusPending, PriorityHigh, 0, 4), // answered: after all that wait
		row(StatusOnHold, PriorityHigh, 0, 5),
		row(StatusNew, PriorityMedium, 1, 1),
		row(StatusOpen, PriorityLow, 1, 1),
		row(StatusClosed, PriorityLow, 0, 80), // closed or resolved: newest first, regardless of priority
		row(StatusResolved, PriorityUrgent, 0, 70),
		row(StatusClosed, PriorityHigh, 0, 60),
	}
	keys := make([]string, len(queue))
	for i, tk := range queue {
		keys[i] = QueueSortKey(tk)
	}
	if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("the keys do not ascend: %q", keys)
	}
}

func TestQueuePriorityPrefix_ActiveTickets(t *testing.T) {
	for _, p := range []Priority{PriorityUrgent, PriorityHigh, PriorityMedium, PriorityLow} {
		for _, s := range allStatuses {
			key := QueueSortKey(Ticket{State: State{Status: s, Priority: p}, LastActivityAt: minute(1)})
			if got := key[:1] == QueuePriorityPrefix(p); got != s.IsActive() {
				t.Errorf("%s %s: key %q under prefix %q is %v, want %v", p, s, key, QueuePriorityPrefix(p), got, s.IsActive())
			}
		}
	}
}

func TestTimeSortKey(t *testing.T) {
	times := []time.Time{time.UnixMilli(0), time.UnixMilli(999), time.UnixMilli(1000), minute(0), minute(0).Add(time.Millisecond), time.UnixMilli(maxMillis)}
	for i := 1; i < len(times); i++ {
		if before, after := TimeSortKey(times[i-1]), TimeSortKey(times[i]); before >= after || len(before) != len(after) {
			t.Errorf("%v gives %q, %v gives %q", times[i-1], before, times[i], after)
		}
	}
}

func TestQuery_Matches(t *testing.T) {
	tk := Ticket{Customer: UserRef{ID: "sara"}, State: State{Status: StatusOpen, Priority: PriorityHigh, CategoryID: "billing", AssigneeID: "ali"}}
	free := tk
	free.State.AssigneeID = ""
	for _, c := range []struct {
		name string
		q    Query
		h    Ticket
		want bool
	}{
		{"no filter", Query{}, tk, true},
		{"own ticket", Query{CustomerID: "sara"}, tk, true},
		{"ticket of another customer", Query{CustomerID: "reza"}, tk, false},
		{"one of the statuses", Query{Statuses: []Status{StatusNew, StatusOpen}}, tk, true},
		{"another status", Query{Statuses: []Status{StatusNew}}, tk, false},
		{"category", Query{CategoryID: "billing"}, tk, true},
		{"another category", Query{CategoryID: "technical"}, tk, false},
		{"assignee", Query{AssigneeID: "ali"}, tk, true},
		{"another assignee", Query{AssigneeID: "mina"}, tk, false},
		{"assigned, unassigned wanted", Query{AssigneeID: Unassigned}, tk, false},
		{"unassigned wanted", Query{AssigneeID: Unassigned}, free, true},
		{"priority", Query{Priority: PriorityHigh}, tk, true},
		{"another priority", Query{Priority: PriorityLow}, tk, false},
		{"one filter fails", Query{CustomerID: "sara", Statuses: []Status{StatusOpen}, AssigneeID: "ali", Priority: PriorityLow}, tk, false},
	} {
		if got := c.q.Matches(c.h); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPriorityAndStatus_Valid(t *testing.T) {
	for p, want := range map[Priority]int{PriorityUrgent: 0, PriorityHigh: 1, PriorityMedium: 2, PriorityLow: 3, "": -1, "High": -1} {
		if got := p.Rank(); got != want || p.Valid() != (want >= 0) {
			t.Errorf("%q: got rank %d, valid %v, want %d", p, got, p.Valid(), want)
		}
	}
	for s, want := range map[Status][2]bool{
		StatusNew: {true, true}, StatusOpen: {true, true}, StatusPending: {true, true}, StatusOnHold: {true, true},
		StatusResolved: {true, false}, StatusClosed: {true, false}, "": {}, "Open": {},
	} {
		if got := [2]bool{s.Valid(), s.IsActive()}; got != want {
			t.Errorf("%q: got valid, active %v, want %v", s, got, want)
		}
	}
}
