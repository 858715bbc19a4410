package dynamo

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

// RecordActivity lists an entry among the newest of the house.
func (s *Store) RecordActivity(ctx context.Context, e ticket.Entry) error {
	_, err := s.put(ctx, activityItem{activityKey(e), e.CreatedAt.Add(stats.ActivityTTL).Unix()}, "", nil)
	return err
}

// Activity lists the newest entries over all tickets, newest first. before is
// "" for the first page. What was deleted is left out, so that a page may have
// fewer than limit although more come.
func (s *Store) Activity(ctx context.Context, limit int, before string) (page []stats.Activity, next string, err error) {
	in := &dynamodb.QueryInput{
		TableName: s.name, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(int32(limit + 1)),
		KeyConditionExpression: aws.String("PK = :pk AND SK > :oldest"),
		ExpressionAttributeValues: values{
			"pk": activityPK, "oldest": ticket.TimeSortKey(s.now().Add(-stats.ActivityTTL)),
		}.marshal(),
	}
	if before != "" {
		in.ExclusiveStartKey = key{activityPK, before}.marshal()
	}
	out, err := s.db.Query(ctx, in)
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
	page, err = s.fetchActivity(ctx, listed)
	return page, next, err
}

// fetchActivity reads the listed entries and the heads of their tickets.
func (s *Store) fetchActivity(ctx context.Context, listed []key) ([]stats.Activity, error) {
	var wanted []key
	seen := map[key]bool{}
	want := func(k key) {
		if !seen[k] {
			seen[k] = true
			wanted = append(wanted, k)
		}
	}
	for _, l := range listed {
		ticketID, seq := parseActivityKey(l.SK)
		want(entryKey(ticketID, seq))
		want(ticketKey(ticketID))
	}
	found, err := s.batchGet(ctx, wanted, false)
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
		ticketID, seq := parseActivityKey(l.SK)
		one, ok, err := newActivity(byKey[entryKey(ticketID, seq)], byKey[ticketKey(ticketID)])
		if err != nil {
			return nil, err
		}
		if ok {
			page = append(page, one)
		}
	}
	return page, nil
}

// newActivity puts an entry and the title of its ticket together. A head that
// has no row is one of a deleted ticket.
func newActivity(rawEntry, rawTicket item) (stats.Activity, bool, error) {
	if rawEntry == nil || rawTicket == nil {
		return stats.Activity{}, false, nil
	}
	if _, hasRow := rawTicket["row"].(*types.AttributeValueMemberM); !hasRow {
		return stats.Activity{}, false, nil
	}
	var stored ticketItem
	if err := decode(rawTicket, &stored); err != nil {
		return stats.Activity{}, false, err
	}
	e, err := decodeEntry(rawEntry)
	if err != nil {
		return stats.Activity{}, false, err
	}
	return stats.Activity{Entry: *e, Title: stored.Row.Title}, true, nil
}
