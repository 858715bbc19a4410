package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
)

// listPlan is how a list is read: which index, which partition, in which order.
type listPlan struct {
	index            string
	hash, hashValue  string
	sort, sortPrefix string
	descending       bool
	exact            bool // every row of the partition matches the query
}

// planList picks the index that answers most of the query. The queues of staff
// (mine, unassigned, by category, by status and priority, all) are exact: a
// page is one read of one index. What the index does not answer is filtered
// row by row.
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
	// Live tickets sort by priority first; the keys of the others do not say it.
	if p.sort == "w" && q.Priority.Valid() && len(q.Statuses) > 0 && allActive(q.Statuses) {
		p.sortPrefix, rest.Priority = ticket.QueuePriorityPrefix(q.Priority), ""
	}
	p.exact = rest.CustomerID == "" && rest.AssigneeID == "" && rest.CategoryID == "" && rest.Priority == "" && len(rest.Statuses) == 0
	return p
}

func allActive(statuses []ticket.Status) bool {
	for _, s := range statuses {
		if !s.IsActive() {
			return false
		}
	}
	return true
}

// A filtered list reads in larger steps and gives up for this page after some:
// the caller gets what was found and a cursor to go on from.
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
	in := s.listQuery(p)
	for name, value := range cursor {
		if in.ExclusiveStartKey == nil {
			in.ExclusiveStartKey = item{}
		}
		in.ExclusiveStartKey[name] = &types.AttributeValueMemberS{Value: value}
	}
	pageSize := int32(q.Limit + 1) // at most 101
	if !p.exact {
		pageSize = max(pageSize, filterPageSize)
	}
	in.Limit = &pageSize
	var page []ticket.Ticket
	for range maxFilterPages {
		out, err := s.db.Query(ctx, in)
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

func (s *Store) listQuery(p listPlan) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: s.name, IndexName: &p.index, ScanIndexForward: aws.Bool(!p.descending),
		KeyConditionExpression:   aws.String("#hash = :hash"),
		ExpressionAttributeNames: map[string]string{"#hash": p.hash},
	}
	vals := values{"hash": p.hashValue}
	if p.sortPrefix != "" {
		in.KeyConditionExpression = aws.String("#hash = :hash AND begins_with(#sort, :prefix)")
		in.ExpressionAttributeNames["#sort"] = p.sort
		vals["prefix"] = p.sortPrefix
	}
	in.ExpressionAttributeValues = vals.marshal()
	return in
}

// decodeTickets decodes the rows of a page. The indexes by creation carry keys
// alone; their heads are fetched.
func (s *Store) decodeTickets(ctx context.Context, p listPlan, items []item) ([]ticket.Ticket, error) {
	if p.sort == "n" {
		return s.fetchTickets(ctx, items)
	}
	tickets := make([]ticket.Ticket, 0, len(items))
	for _, i := range items {
		var stored ticketItem
		if err := decode(i, &stored); err != nil {
			return nil, err
		}
		tickets = append(tickets, stored.ticket())
	}
	return tickets, nil
}

func (s *Store) fetchTickets(ctx context.Context, items []item) ([]ticket.Ticket, error) {
	ids := make([]string, len(items))
	for i, row := range items {
		var k key
		if err := decode(row, &k); err != nil {
			return nil, err
		}
		ids[i] = idOf(k.PK)
	}
	return s.ticketsByID(ctx, ids)
}

// ticketsByID reads heads in the order of the ids; those of tickets that are not
// there any more are left out.
func (s *Store) ticketsByID(ctx context.Context, ids []string) ([]ticket.Ticket, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = ticketKey(id)
	}
	found, err := s.batchGet(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]ticket.Ticket, len(found))
	for _, i := range found {
		var stored ticketItem
		if err := decode(i, &stored); err != nil {
			return nil, err
		}
		if tk := stored.ticket(); tk.ID != "" {
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

// cursorAt is the key of the row that a head has in the plan's index.
func (p listPlan) cursorAt(tk ticket.Ticket) map[string]string {
	k := ticketKey(tk.ID)
	sort := map[string]string{"a": ticket.TimeSortKey(tk.LastActivityAt), "w": ticket.QueueSortKey(tk), "n": ticket.TimeSortKey(tk.CreatedAt)}[p.sort]
	if p.sort == "n" {
		k = entryKey(tk.ID, 1)
	}
	return map[string]string{"PK": k.PK, "SK": k.SK, p.hash: p.hashValue, p.sort: sort}
}

func cursorOf(k item) map[string]string {
	out := make(map[string]string, len(k))
	for name, value := range k {
		if s, ok := value.(*types.AttributeValueMemberS); ok {
			out[name] = s.Value
		}
	}
	return out
}

// translateListError blames the cursor for a key that the index does not take: it can
// only be one that another version of the table gave out.
func translateListError(err error, cursor map[string]string) error {
	if cursor != nil && isValidation(err) {
		return apperr.Wrap(apperr.BadCursor, err)
	}
	return translate(err)
}
