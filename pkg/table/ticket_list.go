package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
)

// plan is how a list is read: which index, which partition, in which order.
type plan struct {
	index            string
	hash, hashValue  string
	sort, sortPrefix string
	descending       bool
	exact            bool // every row of the partition matches the query
}

// planFor picks the index that answers most of the query. The queues of staff
// (mine, unassigned, by category, by status and priority, all) are exact: a
// page is one read of one index. What the index does not answer is filtered
// row by row.
func planFor(q ticket.Query) plan {
	p := plan{sort: "w"}
	rest := q
	switch {
	case q.CustomerID != "" && q.Sort == ticket.SortCreated:
		p = plan{index: indexOwnerCreated, hash: "uc", hashValue: ownerOfTickets(q.CustomerID), sort: "n", descending: true}
		rest.CustomerID = ""
	case q.CustomerID != "":
		p = plan{index: indexOwnerActivity, hash: "u", hashValue: ownerOfTickets(q.CustomerID), sort: "a", descending: true}
		rest.CustomerID = ""
	case q.Sort == ticket.SortCreated:
		p = plan{index: indexAllCreated, hash: "qc", hashValue: queueShard, sort: "n", descending: true}
	case q.Sort == ticket.SortActivity:
		p = plan{index: indexQueueActivity, hash: "q", hashValue: queueShard, sort: "a", descending: true}
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
	if p.sort == "w" && q.Priority.Valid() && len(q.Statuses) > 0 && allLive(q.Statuses) {
		p.sortPrefix, rest.Priority = ticket.WaitPrefix(q.Priority), ""
	}
	p.exact = rest.CustomerID == "" && rest.AssigneeID == "" && rest.CategoryID == "" && rest.Priority == "" && len(rest.Statuses) == 0
	return p
}

func allLive(statuses []ticket.Status) bool {
	for _, s := range statuses {
		if !s.Live() {
			return false
		}
	}
	return true
}

// A filtered list reads in larger steps and gives up for this page after some:
// the caller gets what was found and a cursor to go on from.
const (
	filterStep  = 100
	filterSteps = 20
)

// List implements ticket.Store.
func (t *Table) List(ctx context.Context, q ticket.Query, cursor map[string]string) ([]ticket.Head, map[string]string, error) {
	if len(q.Terms) > 0 {
		return t.findTickets(ctx, q, cursor)
	}
	p := planFor(q)
	in := t.listInput(p)
	for name, value := range cursor {
		if in.ExclusiveStartKey == nil {
			in.ExclusiveStartKey = item{}
		}
		in.ExclusiveStartKey[name] = &types.AttributeValueMemberS{Value: value}
	}
	step := int32(q.Limit + 1) // at most 101
	if !p.exact {
		step = max(step, filterStep)
	}
	in.Limit = &step
	var page []ticket.Head
	for range filterSteps {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, nil, listError(err, cursor)
		}
		heads, err := t.headsOf(ctx, p, out.Items)
		if err != nil {
			return nil, nil, err
		}
		for _, h := range heads {
			if !q.Matches(h) {
				continue
			}
			if len(page) == q.Limit {
				return page, p.cursorAt(page[len(page)-1]), nil
			}
			page = append(page, h)
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return page, nil, nil
		}
	}
	return page, plainKey(in.ExclusiveStartKey), nil
}

func (t *Table) listInput(p plan) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: t.name, IndexName: &p.index, ScanIndexForward: aws.Bool(!p.descending),
		KeyConditionExpression:   aws.String("#hash = :hash"),
		ExpressionAttributeNames: map[string]string{"#hash": p.hash},
	}
	vals := values{"hash": p.hashValue}
	if p.sortPrefix != "" {
		in.KeyConditionExpression = aws.String("#hash = :hash AND begins_with(#sort, :prefix)")
		in.ExpressionAttributeNames["#sort"] = p.sort
		vals["prefix"] = p.sortPrefix
	}
	in.ExpressionAttributeValues = vals.wire()
	return in
}

// headsOf decodes the rows of a page. The indexes by creation carry keys
// alone; their heads are fetched.
func (t *Table) headsOf(ctx context.Context, p plan, items []item) ([]ticket.Head, error) {
	if p.sort == "n" {
		return t.fetchHeads(ctx, items)
	}
	heads := make([]ticket.Head, 0, len(items))
	for _, i := range items {
		var head headItem
		if err := decode(i, &head); err != nil {
			return nil, err
		}
		heads = append(heads, head.head())
	}
	return heads, nil
}

func (t *Table) fetchHeads(ctx context.Context, items []item) ([]ticket.Head, error) {
	ids := make([]string, len(items))
	for i, row := range items {
		var k key
		if err := decode(row, &k); err != nil {
			return nil, err
		}
		ids[i] = idOf(k.PK)
	}
	return t.headsByID(ctx, ids)
}

// headsByID reads heads in the order of the ids; those of tickets that are not
// there any more are left out.
func (t *Table) headsByID(ctx context.Context, ids []string) ([]ticket.Head, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = headKey(id)
	}
	found, err := t.getAll(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]ticket.Head, len(found))
	for _, i := range found {
		var head headItem
		if err := decode(i, &head); err != nil {
			return nil, err
		}
		if h := head.head(); h.ID != "" {
			byID[h.ID] = h
		}
	}
	heads := make([]ticket.Head, 0, len(ids))
	for _, id := range ids {
		if h, ok := byID[id]; ok {
			heads = append(heads, h)
		}
	}
	return heads, nil
}

// cursorAt is the key of the row that a head has in the plan's index.
func (p plan) cursorAt(h ticket.Head) map[string]string {
	k := headKey(h.ID)
	sort := map[string]string{"a": ticket.TimeKey(h.LastActivityAt), "w": ticket.WaitKey(h), "n": ticket.TimeKey(h.CreatedAt)}[p.sort]
	if p.sort == "n" {
		k = entryKey(h.ID, 1)
	}
	return map[string]string{"PK": k.PK, "SK": k.SK, p.hash: p.hashValue, p.sort: sort}
}

func plainKey(k item) map[string]string {
	out := make(map[string]string, len(k))
	for name, value := range k {
		if s, ok := value.(*types.AttributeValueMemberS); ok {
			out[name] = s.Value
		}
	}
	return out
}

// listError blames the cursor for a key that the index does not take: it can
// only be one that another version of the table gave out.
func listError(err error, cursor map[string]string) error {
	if cursor != nil && isValidation(err) {
		return fault.Wrap(fault.BadCursor, err)
	}
	return translate(err)
}
