package dynamo

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
)

// listPlan is the index, partition and order in which a list is read.
type listPlan struct {
	index            string
	hash, hashValue  string
	sort, sortPrefix string
	from, to         time.Time // range of the sort key, if it is a time; to is excluded
	descending       bool
	exact            bool // every item of the partition matches the query
}

// planList selects the index that answers most of the query. The queues of agents
// (mine, unassigned, by category, by status and priority, all), the tickets of a
// customer and the times of creation in lists by creation are exact: every item read
// is in the list. Other conditions are applied to each item.
func planList(q ticket.Query) listPlan {
	p := listPlan{sort: "w"}
	rest, ownerID := q, q.CustomerID
	if ownerID == "" && len(q.CustomerIDs) == 1 && q.Sort != ticket.SortWaiting {
		ownerID, rest.CustomerIDs = q.CustomerIDs[0], nil
	}
	switch {
	case ownerID != "" && q.Sort == ticket.SortCreated:
		p = listPlan{index: indexOwnerCreated, hash: "uc", hashValue: ticketOwnerKey(ownerID), sort: "n", descending: true}
	case ownerID != "":
		p = listPlan{index: indexOwnerActivity, hash: "u", hashValue: ticketOwnerKey(ownerID), sort: "a", descending: true}
	case q.Sort == ticket.SortCreated:
		p = listPlan{index: indexAllCreated, hash: "qc", hashValue: queueShard, sort: "n", descending: true}
	case q.Sort == ticket.SortActivity:
		p = listPlan{index: indexQueueActivity, hash: "q", hashValue: queueShard, sort: "a", descending: true}
	case q.AssigneeID != "":
		p.index, p.hash, p.hashValue = indexAssigneeWaiting, "lh", q.AssigneeID
		rest.AssigneeID = ""
	case len(q.CategoryIDs) == 1:
		p.index, p.hash, p.hashValue = indexCategoryWaiting, "lc", q.CategoryIDs[0]
		rest.CategoryIDs = nil
	case len(q.Statuses) == 1:
		p.index, p.hash, p.hashValue = indexStatusWaiting, "ls", string(q.Statuses[0])
		rest.Statuses = nil
	default:
		p.index, p.hash, p.hashValue = indexQueueWaiting, "q", queueShard
	}
	switch p.sort {
	case "n":
		p.from, p.to, rest.From, rest.To = q.From, q.To, time.Time{}, time.Time{}
	case "a":
		p.from = q.From // no ticket is active before its creation
	case "w":
		// Only active tickets sort by priority; the sort keys of others do not contain it.
		if len(q.Priorities) == 1 && len(q.Statuses) > 0 && !slices.ContainsFunc(q.Statuses, inactive) {
			p.sortPrefix, rest.Priorities = ticket.QueuePriorityPrefix(q.Priorities[0]), nil
		}
	}
	p.exact = !rest.HasFilters()
	return p
}

// The items that one page of a filtered list reads. A page with fewer matches than the
// limit has a cursor if there are more items. Lists by creation read the ticket of each.
const (
	maxFilteredRows    = 500
	maxFilteredTickets = 100
)

// A filtered search or list of notifications reads pages of at least filterPageSize, a
// list of notifications at most maxFilterPages of them.
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

// ListTickets implements ticket.Store with one query for a page.
func (s *Store) ListTickets(ctx context.Context, q ticket.Query, cursor map[string]string) ([]ticket.Ticket, map[string]string, error) {
	if len(q.Terms) > 0 {
		return s.searchTickets(ctx, q, cursor)
	}
	p := planList(q)
	in := p.query(p.pageSize(q.Limit))
	in.ExclusiveStartKey = startKey(cursor)
	out, err := s.queryPage(ctx, in)
	if err != nil {
		return nil, nil, translateListError(err, cursor)
	}
	tickets, err := s.decodeTickets(ctx, p, out.Items)
	if err != nil {
		return nil, nil, err
	}
	var page []ticket.Ticket
	for _, tk := range tickets {
		if !q.Matches(tk) {
			continue
		}
		if len(page) == q.Limit {
			return page, p.cursorAt(page[len(page)-1]), nil
		}
		page = append(page, tk)
	}
	return page, cursorOf(out.LastEvaluatedKey), nil
}

func inactive(s ticket.Status) bool { return !s.IsActive() }

func (p listPlan) query(pageSize int) *dynamodb.QueryInput {
	condition, vals := "#hash = :hash", values{"hash": p.hashValue}
	names := map[string]string{"#hash": p.hash}
	if p.sortPrefix != "" {
		condition += " AND begins_with(#sort, :prefix)"
		vals["prefix"], names["#sort"] = p.sortPrefix, p.sort
	}
	if !p.from.IsZero() || !p.to.IsZero() {
		condition += " AND #sort BETWEEN :from AND :to"
		vals["from"], vals["to"], names["#sort"] = "0", "~", p.sort
		if !p.from.IsZero() {
			vals["from"] = ticket.TimeSortKey(p.from)
		}
		if !p.to.IsZero() {
			vals["to"] = ticket.TimeSortKey(p.to.Add(-time.Millisecond))
		}
	}
	in := queryInput(condition, vals, onIndex(p.index), pageOf(pageSize))
	in.ScanIndexForward, in.ExpressionAttributeNames = aws.Bool(!p.descending), names
	return in
}

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
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = ticketKey(id)
	}
	found, err := s.batchGet(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	items, err := decodeAll[ticketItem](found)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]ticket.Ticket, len(items))
	for _, i := range items {
		if tk := i.ticket(); tk.ID != "" {
			byID[tk.ID] = tk
		}
	}
	tickets := make([]ticket.Ticket, 0, len(ids))
	for _, id := range ids {
		if tk, ok := byID[id]; ok {
			tickets = append(tickets, tk)
		}
	}
	return tickets, nil
}

// cursorAt returns the key of a ticket in the plan's index.
func (p listPlan) cursorAt(tk ticket.Ticket) map[string]string {
	k := ticketKey(tk.ID)
	sort := map[string]string{"a": ticket.TimeSortKey(tk.LastActivityAt), "w": ticket.QueueSortKey(tk), "n": ticket.TimeSortKey(tk.CreatedAt)}[p.sort]
	if p.sort == "n" {
		k = entryKey(tk.ID, 1)
	}
	return map[string]string{"PK": k.PK, "SK": k.SK, p.hash: p.hashValue, p.sort: sort}
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
func (s *Store) ActiveTicketsOf(ctx context.Context, agentID string) ([]string, error) {
	in := queryInput("lh = :agent AND w < :inactive", values{"agent": agentID, "inactive": ticket.InactiveQueuePrefix}, onIndex(indexAssigneeWaiting))
	in.ProjectionExpression = aws.String("PK")
	keys, err := queryAs[key](ctx, s, in)
	ids := make([]string, len(keys))
	for n, k := range keys {
		ids[n] = idOf(k.PK)
	}
	return ids, err
}
