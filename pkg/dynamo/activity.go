package dynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// activityItem lists an entry by its time. It holds no copy of the entry, so the
// list shows deletions and renames at once.
type activityItem struct {
	key
	TTL int64 `dynamodbav:"ttl"`
}

// RecordActivity adds an entry to the activity list. It is safe to repeat.
func (s *Store) RecordActivity(ctx context.Context, e ticket.Entry) error {
	_, err := s.put(ctx, activityItem{activityKey(e, s.Shards.Activity.Writes()), e.CreatedAt.Add(stats.ActivityTTL).Unix()}, "", nil)
	return err
}

// Activity returns the newest entries of all tickets, newest first, and the
// cursor of the next page. before is "" for the first page. Deleted tickets are
// omitted, so a page may be shorter than limit although more follow.
func (s *Store) Activity(ctx context.Context, limit int, before string) (page []stats.Activity, next string, err error) {
	from := ticket.TimeSortKey(s.now().Add(-stats.ActivityTTL))
	if before != "" && before < from { // all that follows has expired since the page before
		return nil, "", nil
	}
	var cursor map[string]string
	shards := shardKeys(activityPK, s.Shards.Activity.Reads())
	if before != "" {
		cursor = map[string]string{"PK": shards[len(shards)-1], "SK": before} // the sort keys are unique
	}
	items, more, err := s.queryShards(ctx, shardQuery{
		hash: "PK", sort: "SK", shards: shards, from: from, descending: true,
	}, cursor, limit+1)
	if err != nil {
		return nil, "", err
	}
	listed, err := decodeAll[key](items)
	if err != nil {
		return nil, "", err
	}
	// A repeated record may be in two shards while their number changes.
	listed = slices.CompactFunc(listed, func(a, b key) bool { return a.SK == b.SK })
	if len(listed) > limit || more != nil {
		listed = listed[:min(limit, len(listed))]
		next = listed[len(listed)-1].SK
	}
	page, err = s.fetchActivity(ctx, listed)
	return page, next, err
}

// fetchActivity reads the listed entries and the items of their tickets.
func (s *Store) fetchActivity(ctx context.Context, listed []key) ([]stats.Activity, error) {
	var wanted []key
	for _, l := range listed {
		ticketID, seq := parseActivityKey(l.SK)
		wanted = append(wanted, entryKey(ticketID, seq), ticketKey(ticketID))
	}
	found, err := s.batchGet(ctx, wanted, false)
	if err != nil {
		return nil, err
	}
	byKey := make(map[key]item, len(found))
	for _, i := range found {
		k, err := decodeAs[key](i)
		if err != nil {
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

// newActivity joins an entry with the title of its ticket. ok is false if either
// is missing; a ticket item without a row is the tombstone of a deleted ticket.
func newActivity(rawEntry, rawTicket item) (activity stats.Activity, ok bool, err error) {
	if _, hasRow := rawTicket["row"].(*types.AttributeValueMemberM); rawEntry == nil || !hasRow {
		return stats.Activity{}, false, nil
	}
	stored, err := decodeAs[ticketItem](rawTicket)
	if err != nil {
		return stats.Activity{}, false, err
	}
	e, err := decodeEntry(rawEntry)
	if err != nil {
		return stats.Activity{}, false, err
	}
	return stats.Activity{Entry: *e, Title: stored.Row.Title}, true, nil
}
