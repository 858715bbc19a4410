package ticket

import (
	"slices"
	"testing"
	"time"
)

// TestWaitKeyOrder lists tickets as the queue must show them.
func TestWaitKeyOrder(t *testing.T) {
	row := func(s Status, p Priority, waiting, activity int) Head {
		h := Head{State: State{Status: s, Priority: p}, LastActivityAt: minute(activity), CreatedAt: minute(activity)}
		if waiting > 0 {
			h.WaitingSince = minute(waiting)
		}
		return h
	}
	queue := []Head{
		row(StatusNew, PriorityUrgent, 50, 50),
		row(StatusOpen, PriorityUrgent, 0, 1),
		row(StatusOpen, PriorityHigh, 2, 90), // waits longest, though active last
		row(StatusNew, PriorityHigh, 3, 3),
		row(StatusPending, PriorityHigh, 0, 4), // answered: behind all who wait
		row(StatusOnHold, PriorityHigh, 0, 5),
		row(StatusNew, PriorityMedium, 1, 1),
		row(StatusOpen, PriorityLow, 1, 1),
		row(StatusClosed, PriorityLow, 0, 80), // over: newest first, whatever the priority
		row(StatusResolved, PriorityUrgent, 0, 70),
		row(StatusClosed, PriorityHigh, 0, 60),
	}
	keys := make([]string, len(queue))
	for i, h := range queue {
		keys[i] = WaitKey(h)
	}
	if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
		t.Errorf("the keys do not ascend: %q", keys)
	}
}

func TestWaitPrefixCoversItsPriority(t *testing.T) {
	for _, p := range []Priority{PriorityUrgent, PriorityHigh, PriorityMedium, PriorityLow} {
		for _, s := range everyStatus {
			key := WaitKey(Head{State: State{Status: s, Priority: p}, LastActivityAt: minute(1)})
			if got := key[:1] == WaitPrefix(p); got != s.Live() {
				t.Errorf("%s %s: key %q under prefix %q is %v, want %v", p, s, key, WaitPrefix(p), got, s.Live())
			}
		}
	}
}

func TestTimeKey(t *testing.T) {
	times := []time.Time{time.UnixMilli(0), time.UnixMilli(999), time.UnixMilli(1000), minute(0), minute(0).Add(time.Millisecond), time.UnixMilli(lastMilli)}
	for i := 1; i < len(times); i++ {
		if before, after := TimeKey(times[i-1]), TimeKey(times[i]); before >= after || len(before) != len(after) {
			t.Errorf("%v gives %q, %v gives %q", times[i-1], before, times[i], after)
		}
	}
}

func TestQueryMatches(t *testing.T) {
	h := Head{Customer: Person{ID: "sara"}, State: State{Status: StatusOpen, Priority: PriorityHigh, CategoryID: "billing", AssigneeID: "ali"}}
	free := h
	free.State.AssigneeID = ""
	for _, c := range []struct {
		name string
		q    Query
		h    Head
		want bool
	}{
		{"everything", Query{}, h, true},
		{"own", Query{CustomerID: "sara"}, h, true},
		{"another's", Query{CustomerID: "reza"}, h, false},
		{"one of the statuses", Query{Statuses: []Status{StatusNew, StatusOpen}}, h, true},
		{"another status", Query{Statuses: []Status{StatusNew}}, h, false},
		{"category", Query{CategoryID: "billing"}, h, true},
		{"another category", Query{CategoryID: "technical"}, h, false},
		{"assignee", Query{AssigneeID: "ali"}, h, true},
		{"another assignee", Query{AssigneeID: "mina"}, h, false},
		{"held, for nobody's", Query{AssigneeID: Nobody}, h, false},
		{"free, for nobody's", Query{AssigneeID: Nobody}, free, true},
		{"priority", Query{Priority: PriorityHigh}, h, true},
		{"another priority", Query{Priority: PriorityLow}, h, false},
		{"all but one", Query{CustomerID: "sara", Statuses: []Status{StatusOpen}, AssigneeID: "ali", Priority: PriorityLow}, h, false},
	} {
		if got := c.q.Matches(c.h); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRanks(t *testing.T) {
	for p, want := range map[Priority]int{PriorityUrgent: 0, PriorityHigh: 1, PriorityMedium: 2, PriorityLow: 3, "": -1, "High": -1} {
		if got := p.Rank(); got != want || p.Valid() != (want >= 0) {
			t.Errorf("%q: got rank %d, valid %v, want %d", p, got, p.Valid(), want)
		}
	}
	for s, want := range map[Status][2]bool{
		StatusNew: {true, true}, StatusOpen: {true, true}, StatusPending: {true, true}, StatusOnHold: {true, true},
		StatusResolved: {true, false}, StatusClosed: {true, false}, "": {}, "Open": {},
	} {
		if got := [2]bool{s.Valid(), s.Live()}; got != want {
			t.Errorf("%q: got valid, live %v, want %v", s, got, want)
		}
	}
}
