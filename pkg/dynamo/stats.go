package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

var _ stats.Store = (*Store)(nil)

// checkpointItem is the part of a ticket's log that the statistics contain.
type checkpointItem struct {
	key
	LastSeq    int    `dynamodbav:"up"`
	Customer   string `dynamodbav:"b,omitempty"`
	Status     string `dynamodbav:"s,omitempty"`
	Priority   string `dynamodbav:"p,omitempty"`
	Category   string `dynamodbav:"c,omitempty"`
	Assignee   string `dynamodbav:"h,omitempty"`
	Created    int64  `dynamodbav:"at,omitempty"`
	Replied    bool   `dynamodbav:"fr,omitempty"`
	Finished   bool   `dynamodbav:"rs,omitempty"`
	Deleted    bool   `dynamodbav:"gone,omitempty"`
	Generation int    `dynamodbav:"ed,omitempty"`
	MessageBy  string `dynamodbav:"mb,omitempty"`
	MessageSeq int    `dynamodbav:"ms,omitempty"`
	OtherSeq   int    `dynamodbav:"mo,omitempty"`
	Unread     bool   `dynamodbav:"un,omitempty"`
	TTL        int64  `dynamodbav:"ttl,omitempty"`
}

// deletedCheckpointTTL is how long the checkpoint of a deleted ticket is kept. It
// exceeds the 24 hours for which the stream can repeat a record.
const deletedCheckpointTTL = 30 * 24 * time.Hour

func (s *Store) checkpointToItem(c stats.Checkpoint) checkpointItem {
	i := checkpointItem{
		key: checkpointKey(c.TicketID), LastSeq: c.LastSeq, Customer: c.CustomerID, Status: string(c.Status),
		Priority: string(c.Priority), Category: c.CategoryID, Assignee: c.AssigneeID,
		Created: toMillis(c.CreatedAt), Replied: c.Replied, Finished: c.Finished, Deleted: c.Deleted,
		Generation: c.Generation, MessageBy: c.MessageBy, MessageSeq: c.MessageSeq, OtherSeq: c.OtherSeq, Unread: c.Unread,
	}
	if c.Deleted {
		i.TTL = s.now().Add(deletedCheckpointTTL).Unix()
	}
	return i
}

func (i checkpointItem) checkpoint() stats.Checkpoint {
	return stats.Checkpoint{
		TicketID: idOf(i.PK), LastSeq: i.LastSeq, CustomerID: i.Customer, Status: ticket.Status(i.Status),
		Priority: ticket.Priority(i.Priority), CategoryID: i.Category, AssigneeID: i.Assignee,
		CreatedAt: fromMillis(i.Created), Replied: i.Replied, Finished: i.Finished, Deleted: i.Deleted, Generation: i.Generation,
		MessageBy: i.MessageBy, MessageSeq: i.MessageSeq, OtherSeq: i.OtherSeq, Unread: i.Unread,
	}
}

// checkpointPage is the number of items that StatsCheckpoint reads first.
const checkpointPage = 120

// StatsCheckpoint implements stats.Store with one ascending query, which ends with
// the checkpoint. If the checkpoint is further away, it reads the checkpoint first, and then only
// the entries after it.
func (s *Store) StatsCheckpoint(ctx context.Context, ticketID string, seq int) (stats.Checkpoint, ticket.Log, error) {
	checkpoint := stats.Checkpoint{TicketID: ticketID}
	log := ticket.Log{ReadMarkers: map[string]int{}}
	out, err := s.queryPage(ctx, rangeQuery(ticketID, entrySK(seq), skCheckpoint, pageOf(checkpointPage)))
	if err != nil {
		return checkpoint, log, err
	}
	items := out.Items
	if out.LastEvaluatedKey != nil {
		if items, err = s.afterCheckpoint(ctx, ticketID, seq); err != nil {
			return checkpoint, log, err
		}
	}
	for _, row := range items {
		if !isCheckpoint(row) {
			if err := decodeLogItem(&log, row); err != nil {
				return checkpoint, log, err
			}
			continue
		}
		i, err := decodeAs[checkpointItem](row)
		if err != nil {
			return checkpoint, log, err
		}
		checkpoint = i.checkpoint()
		s.noteGeneration(checkpoint.Generation)
	}
	return checkpoint, log, nil
}

// afterCheckpoint reads the items of StatsCheckpoint from the entry at seq on, without the entries
// that are counted unless seq is 0.
func (s *Store) afterCheckpoint(ctx context.Context, ticketID string, seq int) (items []item, err error) {
	var counted checkpointItem
	if seq > 0 {
		if _, err := s.get(ctx, checkpointKey(ticketID), true, &counted); err != nil {
			return nil, err
		}
	}
	for row, err := range s.query(ctx, rangeQuery(ticketID, entrySK(max(seq, counted.LastSeq+1)), skCheckpoint)) {
		if err != nil {
			return nil, err
		}
		items = append(items, row)
	}
	return items, nil
}

func isCheckpoint(i item) bool {
	sk, ok := i["SK"].(*types.AttributeValueMemberS)
	return ok && sk.Value == skCheckpoint
}

// ApplyStats implements stats.Store with one transaction for all updates. It repeats
// the transaction after a conflict with other writers.
func (s *Store) ApplyStats(ctx context.Context, updates []stats.Update) (refused map[int]bool, err error) {
	err = retryConflicts(ctx, func() (bool, error) {
		failed, err := s.statsTransaction(updates).commit(ctx)
		if apperr.Is(err, apperr.Conflict) {
			return false, nil
		}
		refused = map[int]bool{}
		for index := range failed {
			if index < len(updates) {
				refused[index] = true
			}
		}
		if err != nil || failed == nil || len(refused) > 0 {
			return true, err
		}
		// The generation for new tickets is closed, or new in this shard.
		return false, s.refreshGeneration(ctx, updates[0].After.TicketID)
	})
	return refused, err
}

// statsTransaction returns the writes of the checkpoints, at the index of their
// update, and of the counts. New tickets are counted in the newest generation.
func (s *Store) statsTransaction(updates []stats.Update) *transaction {
	tx := s.transaction()
	shard := shardOf(updates[0].After.TicketID, s.Shards.Stats.Writes())
	sums, fresh := map[int]stats.Delta{}, map[int]bool{}
	add := func(generation int, d stats.Delta) {
		sum := sums[generation]
		sum.Add(d)
		sums[generation] = sum
	}
	for _, u := range updates {
		checkpoint := u.After
		if u.Before.LastSeq == 0 {
			checkpoint.Generation = int(s.generation.Load())
			fresh[checkpoint.Generation] = true
			tx.put(s.checkpointToItem(checkpoint), ifNotExists, nil)
		} else {
			condition, vals := ifCheckpoint(u.Before)
			tx.put(s.checkpointToItem(checkpoint), condition, vals)
			if checkpoint.Generation != u.Before.Generation {
				add(u.Before.Generation, u.Delta.Negate())
			}
		}
		add(checkpoint.Generation, u.Delta)
	}
	for _, generation := range slices.Sorted(maps.Keys(sums)) {
		tx.addGenerationCounts(shard, generation, sums[generation], fresh[generation])
	}
	return tx
}

// ifCheckpoint returns the condition that the stored checkpoint is c.
func ifCheckpoint(c stats.Checkpoint) (condition string, vals values) {
	condition, vals = "up = :up AND attribute_not_exists(gone)", values{"up": c.LastSeq}
	if c.Generation > 0 {
		condition += " AND ed = :ed"
		vals["ed"] = c.Generation
	} else {
		condition += " AND attribute_not_exists(ed)"
	}
	if c.Unread {
		return condition + " AND attribute_exists(un)", vals
	}
	return condition + " AND attribute_not_exists(un)", vals
}

// addGenerationCounts adds sum to the counts of a generation. fresh is true if it
// counts new tickets: then the write fails if the generation is closed.
func (tx *transaction) addGenerationCounts(shard, generation int, sum stats.Delta, fresh bool) {
	keys := map[string]stats.Slot{}
	for slot := range sum.Slots {
		k := slotKey(shard, generation, slot)
		keys[k.PK+k.SK] = slot
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) { // in the same order in every transaction
		slot := keys[k]
		var names map[string]string
		if slot == (stats.Slot{CategoryID: slot.CategoryID}) {
			names = sum.CategoryNames[slot.CategoryID]
		}
		tx.update(countsUpdate(slotKey(shard, generation, slot), sum.Slots[slot], names))
	}
	if fresh && !sum.IsEmpty() && len(sum.Backlog) == 0 {
		sum.Backlog = stats.Counts{"s_new": 0} // opened and finished in one update; the backlog item carries the condition
	}
	if len(sum.Backlog) == 0 {
		return
	}
	c := countsUpdate(backlogKey(shard, generation), sum.Backlog, nil)
	if fresh {
		c.condition = ifGenerationOpen(shard)
	}
	tx.update(c)
}

// categoryNames is the attribute that holds the names of a category.
const categoryNames = "k_names"

// countsUpdate returns an update that adds n to an item, and sets the names of its category unless
// they are nil.
func countsUpdate(k key, n stats.Counts, names map[string]string) updateSpec {
	c := updateSpec{key: k, values: values{}}
	var adds []string
	for _, name := range slices.Sorted(maps.Keys(n)) {
		adds = append(adds, fmt.Sprintf("%s :v%d", name, len(adds)))
		c.values[fmt.Sprintf("v%d", len(adds)-1)] = n[name]
	}
	if len(adds) > 0 {
		c.set = "ADD " + strings.Join(adds, ", ")
	}
	if names != nil {
		c.set += " SET " + categoryNames + " = :names"
		c.values["names"] = names
	}
	return c
}
