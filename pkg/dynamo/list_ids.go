package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/ticket"
)

// ListTicketIDs returns a page of n ids of the tickets created since a time, oldest
// first. after is nil for the first page; next is nil after the last.
func (s *Store) ListTicketIDs(ctx context.Context, since time.Time, after map[string]string, n int) (ids []string, next map[string]string, err error) {
	return s.listIDs(ctx, shardKeys(queuePK, s.Shards.Queue.Reads()), since, after, n)
}

// ListUserIDs returns a page of n ids of all users, as ListTicketIDs does.
func (s *Store) ListUserIDs(ctx context.Context, after map[string]string, n int) (ids []string, next map[string]string, err error) {
	return s.listIDs(ctx, []string{allUsersKey}, time.Time{}, after, n)
}

func (s *Store) listIDs(ctx context.Context, shards []string, since time.Time, after map[string]string, n int) (ids []string, next map[string]string, err error) {
	items, next, err := s.queryShards(ctx, shardQuery{index: indexAllCreated, hash: "qc", sort: "n", shards: shards, from: ticket.TimeSortKey(since)}, after, n)
	if err != nil {
		return nil, nil, err
	}
	ids, err = idsOf(items)
	return ids, next, err
}

// idsOf returns the ids in the partition keys of items.
func idsOf(items []item) ([]string, error) {
	keys, err := decodeAll[key](items)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i] = idOf(k.PK)
	}
	return ids, nil
}
