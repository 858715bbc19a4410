package ticket

import (
	"fmt"
	"time"

	"ticketsystem/pkg/search"
)

// Sort is the order of a list.
type Sort string

// The orders of a list.
const (
	SortActivity Sort = "-lastActivityAt"
	SortWaiting  Sort = "waiting"
	SortCreated  Sort = "-createdAt"
)

// Nobody is the assignee of tickets that nobody holds.
const Nobody = "none"

// Query asks for a page of tickets. Empty fields do not filter.
type Query struct {
	Terms      []search.Terms // any of these; then the newest come first, whatever Sort says
	CustomerID string         // set for customers: nothing else is theirs
	Statuses   []Status       // any of these
	CategoryID string
	AssigneeID string // Nobody for tickets that nobody holds
	Priority   Priority
	Sort       Sort
	Limit      int
}

// Matches says whether the head passes the filters of the query.
func (q Query) Matches(h Head) bool {
	assignee := h.State.AssigneeID
	if assignee == "" {
		assignee = Nobody
	}
	return (q.CustomerID == "" || q.CustomerID == h.Customer.ID) &&
		(len(q.Statuses) == 0 || contains(q.Statuses, h.State.Status)) &&
		(q.CategoryID == "" || q.CategoryID == h.State.CategoryID) &&
		(q.AssigneeID == "" || q.AssigneeID == assignee) &&
		(q.Priority == "" || q.Priority == h.State.Priority)
}

func contains(list []Status, s Status) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// WaitKey orders the queue: by priority, then those who wait for an answer by
// how long, then the answered ones by age; what is resolved or closed comes
// behind all the rest, newest first. A key changes as seldom as it can: it
// stands in four indexes, where a change costs twice what staying costs.
func WaitKey(h Head) string {
	switch {
	case !h.State.Status.Live():
		return "9" + millis(lastMilli-h.LastActivityAt.UnixMilli())
	case h.WaitingSince.IsZero():
		return WaitPrefix(h.State.Priority) + "1" + TimeKey(h.CreatedAt)
	default:
		return WaitPrefix(h.State.Priority) + "0" + TimeKey(h.WaitingSince)
	}
}

// WaitPrefix is what the keys of all live tickets of a priority begin with.
func WaitPrefix(p Priority) string { return fmt.Sprint(p.Rank()) }

// TimeKey writes a time so that text order is time order, to the millisecond.
func TimeKey(t time.Time) string { return millis(t.UnixMilli()) }

// lastMilli is the largest time that fits the 13 digits of a key: the year 2286.
const lastMilli = 9_999_999_999_999

func millis(n int64) string { return fmt.Sprintf("%013d", n) }
