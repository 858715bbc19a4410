package ticket

import (
	"fmt"
	"slices"
	"time"

	"ticketsystem/pkg/search"
)

// Sort is the order of a ticket list.
type Sort string

// The orders of a ticket list.
const (
	SortActivity Sort = "-lastActivityAt"
	SortWaiting  Sort = "waiting"
	SortCreated  Sort = "-createdAt"
)

// Unassigned is the AssigneeID of a Query for unassigned tickets.
const Unassigned = "none"

// Query selects a page of tickets. Empty fields do not filter.
type Query struct {
	Terms      []search.Terms // any of these; the newest tickets come first and Sort is ignored
	CustomerID string         // always set for customers
	Statuses   []Status       // any of these
	CategoryID string
	AssigneeID string // or Unassigned
	Priority   Priority
	Sort       Sort
	Limit      int
}

// Matches reports whether tk passes all filters of the query except Terms.
func (q Query) Matches(tk Ticket) bool {
	assignee := tk.State.AssigneeID
	if assignee == "" {
		assignee = Unassigned
	}
	return (q.CustomerID == "" || q.CustomerID == tk.Customer.ID) &&
		(len(q.Statuses) == 0 || slices.Contains(q.Statuses, tk.State.Status)) &&
		(q.CategoryID == "" || q.CategoryID == tk.State.CategoryID) &&
		(q.AssigneeID == "" || q.AssigneeID == assignee) &&
		(q.Priority == "" || q.Priority == tk.State.Priority)
}

// InactiveQueuePrefix begins the sort keys of resolved and closed tickets, after all others.
const InactiveQueuePrefix = "9"

// QueueSortKey returns the sort key of a ticket in the queue. Active tickets are
// ordered by priority, then the unanswered ones by waiting time, then the
// answered ones by age. Resolved and closed tickets follow, newest first. The key
// changes rarely, because four indexes contain it and each change costs two
// writes per index.
func QueueSortKey(tk Ticket) string {
	switch {
	case !tk.State.Status.IsActive():
		return InactiveQueuePrefix + formatMillis(maxMillis-tk.LastActivityAt.UnixMilli())
	case tk.WaitingSince.IsZero():
		return QueuePriorityPrefix(tk.State.Priority) + "1" + TimeSortKey(tk.CreatedAt)
	default:
		return QueuePriorityPrefix(tk.State.Priority) + "0" + TimeSortKey(tk.WaitingSince)
	}
}

// QueuePriorityPrefix returns the common key prefix of the active tickets of a
// priority.
func QueuePriorityPrefix(p Priority) string { return fmt.Sprint(p.Rank()) }

// TimeSortKey formats a time, to the millisecond, so that text order is time order.
func TimeSortKey(t time.Time) string { return formatMillis(t.UnixMilli()) }

// maxMillis is the largest time that fits 13 digits: the year 2286.
const maxMillis = 9_999_999_999_999

func formatMillis(n int64) string { return fmt.Sprintf("%013d", n) }
