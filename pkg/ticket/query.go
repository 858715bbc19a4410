package ticket

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"ticketsystem/pkg/search"
	"ticketsystem/pkg/user"
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
	Terms       []search.Terms // any of these; the newest tickets come first and Sort is ignored
	CustomerID  string         // of the caller; always set for customers
	CustomerIDs []string       // any of these, as in all lists
	Statuses    []Status
	CategoryIDs []string
	AssigneeID  string // or Unassigned
	Priorities  []Priority
	Tags        []string  // as search.NameKey returns them
	UnreadFor   string    // a user who has unread messages
	From, To    time.Time // of creation; To is excluded
	Sort        Sort
	Limit       int
}

// HasFilters reports whether Matches can reject a ticket of the CustomerID.
func (q Query) HasFilters() bool {
	q.Terms, q.CustomerID, q.Sort, q.Limit = nil, "", "", 0
	return !reflect.ValueOf(q).IsZero()
}

// Matches reports whether tk passes all filters of the query except Terms.
func (q Query) Matches(tk Ticket) bool {
	assignee := tk.State.AssigneeID
	if assignee == "" {
		assignee = Unassigned
	}
	return (q.CustomerID == "" || q.CustomerID == tk.Customer.ID) &&
		isAnyOf(q.CustomerIDs, tk.Customer.ID) && isAnyOf(q.Statuses, tk.State.Status) && isAnyOf(q.CategoryIDs, tk.State.CategoryID) &&
		(q.AssigneeID == "" || q.AssigneeID == assignee) && isAnyOf(q.Priorities, tk.State.Priority) && q.matchesTags(tk.Tags) &&
		(q.UnreadFor == "" || tk.UnreadFor(user.Principal{UserID: q.UnreadFor}) > 0) &&
		!tk.CreatedAt.Before(q.From) && (q.To.IsZero() || tk.CreatedAt.Before(q.To))
}

func (q Query) matchesTags(tags []string) bool {
	return len(q.Tags) == 0 || slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(q.Tags, search.NameKey(tag)) })
}

// isAnyOf reports whether a filter has any of the values; an empty filter has all.
func isAnyOf[T comparable](filter []T, values ...T) bool {
	return len(filter) == 0 || slices.ContainsFunc(values, func(value T) bool { return slices.Contains(filter, value) })
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

// TimeSortKey formats a time, to the millisecond, so that text order is time order. Times before
// 1970 and after 2286 are the first and the last key.
func TimeSortKey(t time.Time) string { return formatMillis(t.UnixMilli()) }

// maxMillis is the largest time that fits 13 digits: the year 2286.
const maxMillis = 9_999_999_999_999

func formatMillis(n int64) string { return fmt.Sprintf("%013d", min(max(n, 0), maxMillis)) }
