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

// Unassigned is the assignee of tickets that nobody holds.
const Unassigned = "none"

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
func (q Query) Matches(tk Ticket) bool {
	assignee := tk.State.AssigneeID
	if assignee == "" {
		assignee = Unassigned
	}
	return (q.CustomerID == "" || q.CustomerID == tk.Customer.ID) &&
		(len(q.Statuses) == 0 || contains(q.Statuses, tk.State.Status)) &&
		(q.CategoryID == "" || q.CategoryID == tk.State.CategoryID) &&
		(q.AssigneeID == "" || q.AssigneeID == assignee) &&
		(q.Priority == "" || q.Priority == tk.State.Priority)
}

func contains(list []Status, s Status) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// QueueSortKey orders the queue: by priority, then those who wait for an answer by
// how long, then the answered ones by age; what is resolved or closed comes
// behind all the rest, newest first. A key changes as seldom as it can: it
// stands in four indexes, where a change costs twice what staying costs.
func QueueSortKey(tk Ticket) string {
	switch {
	case !tk.State.Status.IsActive():
		return "9" + formatMillis(maxMillis-tk.LastActivityAt.UnixMilli())
	case tk.WaitingSince.IsZero():
		return QueuePriorityPrefix(tk.State.Priority) + "1" + TimeSortKey(tk.CreatedAt)
	default:
		return QueuePriorityPrefix(tk.State.Priority) + "0" + TimeSortKey(tk.WaitingSince)
	}
}

// QueuePriorityPrefix is what the keys of all live tickets of a priority begin with.
func QueuePriorityPrefix(p Priority) string { return fmt.Sprint(p.Rank()) }

// TimeSortKey writes a time so that text order is time order, to the millisecond.
func TimeSortKey(t time.Time) string { return formatMillis(t.UnixMilli()) }

// maxMillis is the largest time that fits the 13 digits of a key: the year 2286.
const maxMillis = 9_999_999_999_999

func formatMillis(n int64) string { return fmt.Sprintf("%013d", n) }
