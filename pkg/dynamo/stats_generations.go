package dynamo

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/stats"
)

// Statistics are rebuilt in a new generation while counting goes on. The counts of
// a ticket are in the generation that its checkpoint names, and a report adds up
// all generations. A replay closes the old generation to new tickets, migrates
// each ticket in one transaction, and then deletes the counts that no log explains.

var _ stats.Generations = (*Store)(nil)

// generationItem is the backlog item of a new or closed generation.
type generationItem struct {
	key
	Closed bool  `dynamodbav:"shut,omitempty"`
	TTL    int64 `dynamodbav:"ttl,omitempty"`
}

// closedGenerationTTL is how long the marker of a closed generation is kept. It
// exceeds the lifetime of a Lambda instance. The marker of generation 0 never
// expires, because a new instance starts with generation 0.
const closedGenerationTTL = 30 * 24 * time.Hour

// noteGeneration records that generation exists.
func (s *Store) noteGeneration(generation int) {
	for known := s.generation.Load(); int64(generation) > known; known = s.generation.Load() {
		if s.generation.CompareAndSwap(known, int64(generation)) {
			return
		}
	}
}

// ifGenerationOpen is the condition that a backlog item counts new tickets. Shard 0 begins without
// an item. In others a missing item is no sign of an open generation.
func ifGenerationOpen(shard int) string {
	if shard == 0 {
		return "attribute_not_exists(shut)"
	}
	return "attribute_exists(PK) AND attribute_not_exists(shut)"
}

// refreshGeneration reads which generation counts new tickets, and opens it in a ticket's shard.
func (s *Store) refreshGeneration(ctx context.Context, ticketID string) error {
	open, _, err := s.generations(ctx)
	if err != nil {
		return err
	}
	s.noteGeneration(open)
	if shard := shardOf(ticketID, s.Shards.Stats.Writes()); shard > 0 {
		_, err = s.put(ctx, generationItem{key: backlogKey(shard, open)}, ifNotExists, nil)
	}
	return err
}

// generations returns the generation that counts new tickets and the newest one. All shards are
// closed together, so shard 0 decides.
func (s *Store) generations(ctx context.Context) (open, latest int, err error) {
	in := queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{"pk": statsPK, "from": skBacklog, "to": skBacklog + afterGenerations}, consistent)
	items, err := queryAs[generationItem](ctx, s, in)
	for _, i := range items {
		generation := i.statsGeneration()
		if latest = max(latest, generation); !i.Closed {
			open = max(open, generation)
		}
	}
	return open, latest, err
}

// BeginStatsGeneration implements stats.Generations.
func (s *Store) BeginStatsGeneration(ctx context.Context) (next int, err error) {
	err = retryConflicts(ctx, func() (bool, error) {
		open, latest, err := s.generations(ctx)
		if err != nil {
			return false, err
		}
		next = latest + 1
		tx := s.transaction().put(generationItem{key: backlogKey(0, next)}, ifNotExists, nil)
		for shard := range s.Shards.Stats.Reads() {
			tx.update(updateSpec{key: backlogKey(shard, open), set: "SET shut = :yes", condition: "attribute_not_exists(shut)", values: values{"yes": true}})
		}
		return committed(tx.commit(ctx))
	})
	if err != nil {
		return 0, err
	}
	s.noteGeneration(next)
	return next, nil
}

// statsCleanupPage is how many items are read at a time to delete earlier generations.
const statsCleanupPage = 500

// DeleteStatsGenerationsBefore implements stats.Generations. The backlogs sort last; it
// replaces each by a marker.
func (s *Store) DeleteStatsGenerationsBefore(ctx context.Context, before int, after map[string]string) (next map[string]string, err error) {
	shards := shardKeys(statsPK, s.Shards.Stats.Reads())
	shard := max(slices.Index(shards, after["PK"]), 0)
	in := queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{"pk": shards[shard], "from": prefixQuarterHour, "to": skBacklog + afterGenerations}, consistent, pageOf(statsCleanupPage))
	in.ExclusiveStartKey = startKey(after)
	out, err := s.queryPage(ctx, in)
	if err != nil {
		return nil, err
	}
	keys, err := decodeAll[key](out.Items)
	if err != nil {
		return nil, err
	}
	var old []key
	var markers []types.WriteRequest
	for _, k := range keys {
		switch {
		case k.statsGeneration() >= before:
		case !strings.HasPrefix(k.SK, skBacklog):
			old = append(old, k)
		default:
			marker := generationItem{key: k, Closed: true}
			if k != backlogKey(0, 0) {
				marker.TTL = s.now().Add(closedGenerationTTL).Unix()
			}
			markers = append(markers, putRequest(marker))
		}
	}
	if err := s.batchDelete(ctx, old); err != nil {
		return nil, err
	}
	if next = cursorOf(out.LastEvaluatedKey); next == nil && shard+1 < len(shards) {
		next = map[string]string{"PK": shards[shard+1], "SK": prefixQuarterHour} // before all items of the next shard
	}
	return next, s.batchWrite(ctx, markers)
}

// DeleteCustomerStatsBefore implements stats.Generations.
func (s *Store) DeleteCustomerStatsBefore(ctx context.Context, before int, customerID string) error {
	k := slotKey(0, 0, stats.Slot{CustomerID: customerID})
	in := queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{"pk": k.PK, "from": k.SK, "to": k.SK + afterGenerations}, consistent)
	keys, err := queryAs[key](ctx, s, in)
	if err != nil {
		return err
	}
	return s.batchDelete(ctx, slices.DeleteFunc(keys, func(k key) bool {
		_, generation := splitGeneration(k.SK)
		return generation >= before
	}))
}
