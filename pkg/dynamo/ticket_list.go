package dynamo

import (
	"context"
	"slices"

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
	descending       bool
	exact            bool // every item of the partition matches the query
}

// planList selects the index that answers most of the query. The queues of agents
// (mine, unassigned, by category, by status and priority, all) are exact: a page
// is one query of one index. Other conditions are applied to each item.
func planList(q ticket.Query) listPlan {
	p := listPlan{sort: "w"}
	rest := q
	switch {
	case q.CustomerID != "" && q.Sort == ticket.SortCreated:
		p = listPlan{index: indexOwnerCreated, hash: "uc", hashValue: ticketOwnerKey(q.CustomerID), sort: "n", descending: true}
		rest.CustomerID = ""
	case q.CustomerID != "":
		p = listPlan{index: indexOwnerActivity, hash: "u", hashValue: ticketOwnerKey(q.CustomerID), sort: "a", descending: true}
		rest.CustomerID = ""
	case q.Sort == ticket.SortCreated:
		p = listPlan{index: indexAllCreated, hash: "qc", hashValue: queueShard, sort: "n", descending: true}
	case q.Sort == ticket.SortActivity:
		p = listPlan{index: indexQueueActivity, hash: "q", hashValue: queueShard, sort: "a", descending: true}
	case q.AssigneeID != "":
		p.index, p.hash, p.hashValue = indexAssigneeWaiting, "lh", q.AssigneeID
		rest.AssigneeID = ""
	case q.CategoryID != "":
		p.index, p.hash, p.hashValue = indexCategoryWaiting, "lc", q.CategoryID
		rest.CategoryID = ""
	case len(q.Statuses) == 1:
		p.index, p.hash, p.hashValue = indexStatusWaiting, "ls", string(q.Statuses[0])
		rest.Statuses = nil
	default:
		p.index, p.hash, p.hashValue = indexQueueWaiting, "q", queueShard
	}
	// Only active tickets sort by priority; the sort keys of others do not contain it.
	if p.sort == "w" && q.Priority.Valid() && len(q.Statuses) > 0 && !slices.ContainsFunc(q.Statuses, inactive) {
		p.sortPrefix, rest.Priority = ticket.QueuePriorityPrefix(q.Priority), ""
	}
	p.exact = rest.CustomerID == "" && rest.AssigneeID == "" && rest.CategoryID == "" && rest.Priority == "" && len(rest.Statuses) == 0
	return p
}

// A filtered list reads larger pages, and at most maxFilterPages of them. It then
// returns the tickets found so far and a cursor.
const (
	filterPageSize = 100
	maxFilterPages = 20
)

// ListTickets implements ticket.Store.
func (s *Store) ListTickets(ctx context.Context, q ticket.Query, cursor map[string]string) ([]ticket.Ticket, map[string]string, error) {
	if len(q.Terms) > 0 {
		return s.searchTickets(ctx, q, cursor)
	}
	p := planList(q)
	pageSize := q.Limit + 1
	if !p.exact {
		pageSize = max(pageSize, filterPageSize)
	}
	in := p.query(pageSize)
	in.ExclusiveStartKey = startKey(cursor)
	var page []ticket.Ticket
	for range maxFilterPages {
		out, err := s.queryPage(ctx, in)
		if err != nil {
			return nil, nil, translateListError(err, cursor)
		}
		tickets, err := s.decodeTickets(ctx, p, out.Items)
		if err != nil {
			return nil, nil, err
		}
		for _, tk := range tickets {
			if !q.Matches(tk) {
				continue
			}
			if len(page) == q.Limit {
				return page, p.cursorAt(page[len(page)-1]), nil
			}
			page = append(page, tk)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return page, nil, nil
		}
	}
	return page, cursorOf(in.ExclusiveStartKey), nil
}

func inactive(s ticket.Status) bool { return !s.IsActive() }

func (p listPlan) query(pageSize int) *dynamodb.QueryInput {
	condition, vals := "#hash = :hash", values{"hash": p.hashValue}
	names := map[string]string{"#hash": p.hash}
	if p.sortPrefix != "" {
		condition += " AND begins_with(#sort, :prefix)"
		vals["prefix"], names["#sort"] = p.sortPrefix, p.sort
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
