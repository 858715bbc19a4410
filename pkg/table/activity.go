package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// activityItem lists an entry by its time. It is a pointer: what is deleted or
// renamed is so here as well.
type activityItem struct {
	key
	TTL int64 `dynamodbav:"ttl"`
}

// NoteActivity lists an entry among the newest of the house.
func (t *Table) NoteActivity(ctx context.Context, e ticket.Entry) error {
	_, err := t.put(ctx, activityItem{activityKey(e), e.CreatedAt.Add(stats.ActivityLife).Unix()}, "", nil)
	return err
}

// Activity lists the newest entries over all tickets, newest first. before is
// "" for the first page. What was deleted is left out, so that a page may have
// fewer than limit although more come.
func (t *Table) Activity(ctx context.Context, limit int, before string) (page []stats.Activity, next string, err error) {
	in := &dynamodb.QueryInput{
		TableName: t.name, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit + 1)),
		KeyConditionExpression: aws.String("PK = :pk AND SK > :oldest"),
		ExpressionAttributeValues: values{
			"pk": activityPK, "oldest": ticket.TimeKey(t.now().Add(-stats.ActivityLife)),
		}.wire(),
	}
	if before != "" {
		in.ExclusiveStartKey = key{activityPK, before}.wire()
	}
	out, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, "", translate(err)
	}
	listed := make([]key, len(out.Items))
	for i, one := range out.Items {
		if err := decode(one, &listed[i]); err != nil {
			return nil, "", err
		}
	}
	if len(listed) > limit {
		listed = listed[:limit]
		next = listed[limit-1].SK
	}
	page, err = t.fetchActivity(ctx, listed)
	return page, next, err
}

// fetchActivity reads the listed entries and the heads of their tickets.
func (t *Table) fetchActivity(ctx context.Context, listed []key) ([]stats.Activity, error) {
	var wanted []key
	seen := map[key]bool{}
	want := func(k key) {
		if !seen[k] {
			seen[k] = true
			wanted = append(wanted, k)
		}
	}
	for _, l := range listed {
		ticketID, seq := activityOf(l.SK)
		want(entryKey(ticketID, seq))
		want(headKey(ticketID))
	}
	found, err := t.getAll(ctx, wanted, false)
	if err != nil {
		return nil, err
	}
	byKey := make(map[key]item, len(found))
	for _, i := range found {
		var k key
		if err := decode(i, &k); err != nil {
			return nil, err
		}
		byKey[k] = i
	}
	var page []stats.Activity
	for _, l := range listed {
		ticketID, seq := activityOf(l.SK)
		one, ok, err := activityFrom(byKey[entryKey(ticketID, seq)], byKey[headKey(ticketID)])
		if err != nil {
			return nil, err
		}
		if ok {
			page = append(page, one)
		}
	}
	return page, nil
}

// activityFrom puts an entry and the title of its ticket together. A head that
// has no row is one of a deleted ticket.
func activityFrom(entry, head item) (stats.Activity, bool, error) {
	if entry == nil || head == nil {
		return stats.Activity{}, false, nil
	}
	if _, there := head["row"].(*types.AttributeValueMemberM); !there {
		return stats.Activity{}, false, nil
	}
	var h headItem
	if err := decode(head, &h); err != nil {
		return stats.Activity{}, false, err
	}
	e, err := heldEntry(entry)
	if err != nil {
		return stats.Activity{}, false, err
	}
	return stats.Activity{Entry: *e, Title: h.Row.Title}, true, nil
}
