package dynamo

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
)

// listPlan is the index, partition and order in which a list is read.
type listPlan struct {
	shardQuery
	exact bool // every item of the partition matches the query
}

func (n Shards) plan(index, hash, hashValue, sort string) listPlan {
	return listPlan{shardQuery: shardQuery{index: index, hash: hash, sort: sort, descending: sort != "w", shards: shardKeys(hashValue, n.Queue.Reads())}}
}

// planOfOne is a plan for the tickets of one user, which have no shards.
func planOfOne(index, hash, hashValue, sort string) listPlan {
	return Shards{}.plan(index, hash, hashValue, sort)
}

// planList selects the index that answers most of the query. The queues of agents
// (mine, unassigned, by category, by status and priority, all), the tickets of a
// customer and the times of creation in lists by creation are exact: every item read
// is in the list. Other conditions are applied to each item.
func (n Shards) planList(q ticket.Query) listPlan {
	var p listPlan
	rest, ownerID := q, q.CustomerID
	if ownerID == "" && len(q.CustomerIDs) == 1 && q.Sort != ticket.SortWaiting {
		ownerID, rest.CustomerIDs = q.CustomerIDs[0], nil
	}
	switch {
	case ownerID != "" && q.Sort == ticket.SortCreated:
		p = planOfOne(indexOwnerCreated, "uc", ticketOwnerKey(ownerID), "n")
	case ownerID != "":
		p = planOfOne(indexOwnerActivity, "u", ticketOwnerKey(ownerID), "a")
	case q.Sort == ticket.SortCreated:
		p = n.plan(indexAllCreated, "qc", queuePK, "n")
	case q.Sort == ticket.SortActivity:
		p = n.plan(indexQueueActivity, "q", queuePK, "a")
	case q.AssigneeID == ticket.Unassigned:
		p = n.plan(indexAssigneeWaiting, "lh", q.AssigneeID, "w")
		rest.AssigneeID = ""
	case q.AssigneeID != "":
		p = planOfOne(indexAssigneeWaiting, "lh", q.AssigneeID, "w")
		rest.AssigneeID = ""
	case len(q.CategoryIDs) == 1:
		p = n.plan(indexCategoryWaiting, "lc", q.CategoryIDs[0], "w")
		rest.CategoryIDs = nil
	case len(q.Statuses) == 1:
		p = n.plan(indexStatusWaiting, "ls", string(q.Statuses[0]), "w")
		rest.Statuses = nil
	default:
		p = n.plan(indexQueueWaiting, "q", queuePK, "w")
	}
	switch p.sort {
	case "n":
		p.from, rest.From, rest.To = timeBound(q.From), time.Time{}, time.Time{}
		if !q.To.IsZero() {
			p.to = timeBound(q.To.Add(-time.Millisecond))
		}
	case "a":
		p.from = timeBound(q.From) // no ticket is active before its creation
	case "w":
		// Only active tickets sort by priority; the sort keys of others do not contain it.
		if len(q.Priorities) == 1 && len(q.Statuses) > 0 && !slices.ContainsFunc(q.Statuses, inactive) {
			p.from, rest.Priorities = ticket.QueuePriorityPrefix(q.Priorities[0]), nil
			p.to = p.from + "~"
		}
	}
	p.exact = !rest.HasFilters()
	return p
}

// timeBound is a bound of a sort key that is a time, "" for none.
func timeBound(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ticket.TimeSortKey(t)
}

// The items that one page of a filtered list reads. A page with fewer matches than the
// limit has a cursor if there are more items. Lists by creation read the ticket of each.
const (
	maxFilteredRows    = 500
	maxFilteredTickets = 100
)

// A filtered search reads pages of at least filterPageSize, and so does a list of unread
// notifications after the first page; a list of notifications reads at most maxFilterPages.
const (
	filterPageSize = 100
	maxFilterPages = 20
)

// pageSize returns how many items a page of at most limit tickets reads: one more shows
// that there is another page.
func (p listPlan) pageSize(limit int) int {
	switch {
	case p.exact:
		return limit + 1
	case p.sort == "n":
		return max(limit+1, maxFilteredTickets)
	}
	return maxFilteredRows
}

// ListTickets implements ticket.Store with one query of each shard for a page.
func (s *Store) ListTickets(ctx context.Context, q ticket.Query, cursor map[string]string) ([]ticket.Ticket, map[string]string, error) {
	if len(q.Terms) > 0 {
		return s.searchTickets(ctx, q, cursor)
	}
	p := s.Shards.planList(q)
	items, next, err := s.queryShards(ctx, p.shardQuery, cursor, p.pageSize(q.Limit))
	if err != nil {
		return nil, nil, err
	}
	tickets, err := s.decodeTickets(ctx, p, items)
	if err != nil {
		return nil, nil, err
	}
	var page []ticket.Ticket
	for _, tk := range tickets {
		if !q.Matches(tk) {
			continue
		}
		if len(page) == q.Limit {
			return page, p.cursorOf(page[len(page)-1], items), nil
		}
		page = append(page, tk)
	}
	return page, next, nil
}

func inactive(s ticket.Status) bool { return !s.IsActive() }

// decodeTickets returns the tickets of a page. The indexes by creation time project
// keys only, so their tickets are read from the table.
func (s *Store) decodeTickets(ctx context.Context, p listPlan, items []item) ([]ticket.Ticket, error) {
	if p.sort == "n" {
		ids, err := idsOf(items)
		if err != nil {
			return nil, err
		}
		return s.ticketsByID(ctx, ids)
	}
	decoded, err := decodeAll[ticketItem](items)
	tickets := make([]ticket.Ticket, len(decoded))
	for n, i := range decoded {
		tickets[n] = i.ticket()
	}
	return tickets, err
}

// ticketsByID returns tickets in the order of ids and omits deleted ones.
func (s *Store) ticketsByID(ctx context.Context, ids []string) ([]ticket.Ticket, error) {
	items, err := getAll[ticketItem](ctx, s, keysOf(ids, ticketKey), false)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]ticket.Ticket, len(items))
	for _, i := range items {
		if tk := i.ticket(); tk.ID != "" {
			byID[tk.ID] = tk
		}
	}
	return inOrder(ids, byID), nil
}

// cursorOf returns the key of a ticket that was read from items.
func (p listPlan) cursorOf(tk ticket.Ticket, items []item) map[string]string {
	pk := ticketPK(tk.ID)
	return p.cursorAt(items[slices.IndexFunc(items, func(i item) bool { return stringOf(i, "PK") == pk })])
}

// translateListError returns apperr.BadCursor if DynamoDB rejects the start key,
// which can only come from a cursor of another version of the table.
func translateListError(err error, cursor map[string]string) error {
	if cursor != nil && isValidation(err) {
		return apperr.Wrap(apperr.BadCursor, err)
	}
	return err
}

// ActiveTicketsOf implements stream.AssignmentStore with an eventually consistent index.
func (s *Store) ActiveTicketsOf(ctx context.Context, agentID string, n int) ([]string, error) {
	in := queryInput("lh = :agent AND w < :inactive", values{"agent": agentID, "inactive": ticket.InactiveQueuePrefix}, onIndex(indexAssigneeWaiting), pageOf(n))
	in.ProjectionExpression = aws.String("PK")
	out, err := s.queryPage(ctx, in)
	if err != nil {
		return nil, err
	}
	return idsOf(out.Items)
}
