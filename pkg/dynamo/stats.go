package dynamo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
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

// StatsCheckpoint implements stats.Store with one ascending query, which ends with
// the checkpoint.
func (s *Store) StatsCheckpoint(ctx context.Context, ticketID string, seq int) (stats.Checkpoint, ticket.Log, error) {
	checkpoint := stats.Checkpoint{TicketID: ticketID}
	log := ticket.Log{ReadMarkers: map[string]int{}}
	for row, err := range s.query(ctx, rangeQuery(ticketID, entrySK(seq), skCheckpoint)) {
		if err != nil {
			return checkpoint, log, err
		}
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
		tx.update(countsUpdate(slotKey(shard, generation, keys[k]), sum.Slots[keys[k]], nil))
	}
	if fresh && !sum.IsEmpty() && len(sum.Backlog) == 0 {
		sum.Backlog = stats.Counts{"s_new": 0} // opened and finished in one update; the backlog item carries the condition
	}
	if len(sum.Backlog) == 0 {
		return
	}
	c := countsUpdate(backlogKey(shard, generation), sum.Backlog, sum.CategoryNames)
	if fresh {
		c.condition = ifGenerationOpen(shard)
	}
	tx.update(c)
}

// namesPrefix precedes a category id in the attribute that holds its names.
const namesPrefix = "k_"

// countsUpdate returns an update that adds n to an item and sets category names.
func countsUpdate(k key, n stats.Counts, categories map[string]map[string]string) updateSpec {
	c := updateSpec{key: k, values: values{}}
	var adds, sets []string
	for _, name := range slices.Sorted(maps.Keys(n)) {
		adds = append(adds, fmt.Sprintf("%s :v%d", name, len(adds)))
		c.values[fmt.Sprintf("v%d", len(adds)-1)] = n[name]
	}
	for _, id := range slices.Sorted(maps.Keys(categories)) {
		sets = append(sets, fmt.Sprintf("%s%s = :k%d", namesPrefix, id, len(sets)))
		c.values[fmt.Sprintf("k%d", len(sets)-1)] = categories[id]
	}
	c.set = "ADD " + strings.Join(adds, ", ")
	if len(sets) > 0 {
		c.set += " SET " + strings.Join(sets, ", ")
	}
	return c
}

// StatsSnapshot returns the counts of a period and of the days that show the age of
// the backlog. It makes one query, another if the period ended before those days, and
// one for the quarter hours of each day that is partly in the period.
func (s *Store) StatsSnapshot(ctx context.Context, p stats.Period) (stats.Snapshot, error) {
	r := stats.NewSnapshot(s.now())
	since := stats.FirstDayWithin7Days(r.At)
	first, last := p.Range()
	type keyRange struct{ from, to string }
	var ranges []keyRange
	if last.Before(since) {
		ranges = append(ranges, keyRange{dayPrefix(first, false), dayPrefix(last.AddDate(0, 0, 1), false)})
		first = since
	} else if since.Before(first) {
		first = since
	}
	ranges = append(ranges, keyRange{dayPrefix(first, false), statsEnd})
	for _, day := range p.PartialDays(r.At) {
		ranges = append(ranges, keyRange{dayPrefix(day, true), dayPrefix(day.AddDate(0, 0, 1), true)})
	}
	for _, one := range ranges {
		if err := s.addCounts(ctx, &r, one.from, one.to); err != nil {
			return r, err
		}
	}
	return r, nil
}

// TicketCounts implements stream.CountsPushStore with one query: the counts of the backlog and of
// each agent.
func (s *Store) TicketCounts(ctx context.Context) (stats.Snapshot, error) {
	r := stats.NewSnapshot(s.now())
	return r, s.addCounts(ctx, &r, prefixAgentStats, skBacklog+afterGenerations, consistent)
}

// AgentStats returns TicketCounts and who is online, with one query.
func (s *Store) AgentStats(ctx context.Context) (stats.Snapshot, error) {
	r := stats.NewSnapshot(s.now())
	return r, s.addCounts(ctx, &r, prefixAgentStats, statsEnd)
}

// CustomerStats returns a user and the counts of the user's tickets with one query. Returns
// user_not_found.
func (s *Store) CustomerStats(ctx context.Context, id string) (u user.User, counts stats.Counts, err error) {
	counts = stats.Counts{}
	in := queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{"pk": userKey(id).PK, "from": skCustomerStats, "to": skUser}, consistent)
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return u, counts, err
		}
		i, err := decodeAs[userItem](row)
		if err != nil {
			return u, counts, err
		}
		if i.SK == skUser {
			u = i.user()
		} else {
			counts.Add(countsOf(row))
		}
	}
	if u.ID == "" {
		return u, counts, apperr.New(apperr.UserNotFound, "")
	}
	return u, counts, nil
}

func (s *Store) addCounts(ctx context.Context, r *stats.Snapshot, from, to string, options ...queryOption) error {
	shards := shardKeys(statsPK, s.Shards.Stats.Reads())
	var mu sync.Mutex // guards r
	return parallel.ForEach(shards, len(shards), func(shard string) error {
		in := queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{"pk": shard, "from": from, "to": to}, options...)
		for row, err := range s.query(ctx, in) {
			if err != nil {
				return err
			}
			mu.Lock()
			err = addCount(r, row)
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func addCount(r *stats.Snapshot, i item) error {
	k, err := decodeAs[key](i)
	if err != nil {
		return err
	}
	if slot, _, ok := k.statsSlot(); ok {
		if r.Slots[slot] == nil {
			r.Slots[slot] = stats.Counts{}
		}
		r.Slots[slot].Add(countsOf(i))
		return nil
	}
	switch {
	case strings.HasPrefix(k.SK, skBacklog):
		r.Backlog.Add(countsOf(i))
		for name, value := range i {
			if id, ok := strings.CutPrefix(name, namesPrefix); ok {
				var texts map[string]string
				if err := decodeValue(value, &texts); err != nil {
					return err
				}
				r.CategoryNames[id] = texts
			}
		}
	case strings.HasPrefix(k.SK, prefixOpenSockets):
		open, err := decodeAs[openSocketsItem](i)
		open.addTo(r)
		return err
	}
	return nil
}

func countsOf(i item) stats.Counts {
	n := stats.Counts{}
	for name, value := range i {
		if number, ok := value.(*types.AttributeValueMemberN); ok {
			n[name], _ = strconv.Atoi(number.Value) // counts are integers
		}
	}
	return n
}

// openSocketsItem is the set of open sockets that expire within one hour. A member
// is the second of that hour, in four digits, the connection id, and # and the user if
// that is staff. A set, unlike a counter, stays right when a write is repeated, and TTL
// removes what was never closed.
type openSocketsItem struct {
	key
	Sockets []string `dynamodbav:"c,omitempty,stringset"`
}

const hourSeconds = 3600

// addTo adds the sockets that have not expired.
func (i openSocketsItem) addTo(r *stats.Snapshot) {
	hour, _ := strconv.ParseInt(strings.Split(i.SK, "#")[1], 10, 64)
	for _, s := range i.Sockets {
		second, _ := strconv.ParseInt(s[:min(4, len(s))], 10, 64)
		if hour*hourSeconds+second <= r.At.Unix() {
			continue
		}
		r.OpenSockets++
		if _, agent, found := strings.Cut(s, "#"); found {
			r.OnlineAgents[agent] = true
		}
	}
}

// RecordSocket implements stream.ActivityStore.
func (s *Store) RecordSocket(ctx context.Context, connectionID, agentID string, expires time.Time, open bool) error {
	hour := expires.Unix() / hourSeconds
	member := fmt.Sprintf("%04d%s", expires.Unix()%hourSeconds, connectionID)
	if agentID != "" {
		member += "#" + agentID
	}
	one := &types.AttributeValueMemberSS{Value: []string{member}}
	c := updateSpec{key: openSocketsKey(hour, connectionID, s.Shards.Stats.Writes()), set: "DELETE c :one", condition: "attribute_exists(PK)", values: values{"one": one}}
	if open {
		c.set, c.condition = "ADD c :one SET #ttl = :ttl", ""
		c.values["ttl"] = (hour + 2) * hourSeconds
	}
	_, _, err := s.update(ctx, c)
	return err
}
