package stats

import (
	"context"
	"sync"
	"time"

	"ticketsystem/pkg/retry"
	"ticketsystem/pkg/ticket"
)

// Update moves a ticket's checkpoint from Before to After and adds Delta to the
// counts of the generation of After. If Before has an earlier generation, Delta
// is also subtracted from the counts of that one.
type Update struct {
	Before, After Checkpoint
	Delta         Delta
}

// Store persists the counts and the checkpoint of each ticket.
type Store interface {
	// StatsCheckpoint returns the checkpoint of a ticket and its log from seq
	// on, strongly consistent. A ticket that was never counted has LastSeq 0.
	StatsCheckpoint(ctx context.Context, ticketID string, seq int) (Checkpoint, []ticket.Entry, error)

	// ApplyStats applies all updates in one transaction, or none. The updates
	// are of distinct tickets. refused holds the indexes of the updates whose
	// Before is not the stored checkpoint.
	ApplyStats(ctx context.Context, updates []Update) (refused map[int]bool, err error)
}

// Generations lets a rebuild of the statistics run while others are counting.
// The statistics are the sum of all generations.
type Generations interface {
	// BeginStatsGeneration starts a generation, in which new tickets are counted
	// from then on.
	BeginStatsGeneration(ctx context.Context) (generation int, err error)

	// DeleteStatsGenerationsBefore deletes the counts of earlier generations.
	DeleteStatsGenerationsBefore(ctx context.Context, before int) error
}

// Aggregator counts each entry once, in whatever order and however often it is
// called. It is safe for concurrent use, also in several processes.
type Aggregator struct {
	Store Store

	write   sync.Mutex // held by the goroutine that calls ApplyStats
	mu      sync.Mutex // guards pending
	pending []*pendingUpdate
}

// conflictPolicy bounds the retries after a concurrent update of the same ticket.
var conflictPolicy = retry.Policy{MaxAttempts: 20, MinBackoff: 20 * time.Millisecond, MaxBackoff: 20 * time.Millisecond} //nolint:gochecknoglobals // a struct cannot be a constant

// ApplyEntry counts the log of a ticket at least up to the entry. It does nothing for an
// entry that changes no statistic (AffectsStats). It is safe to repeat, and returns
// apperr.Conflict after too many concurrent updates.
func (a *Aggregator) ApplyEntry(ctx context.Context, e ticket.Entry) error {
	if !AffectsStats(e) {
		return nil
	}
	return a.ApplyFrom(ctx, e.TicketID, e.Seq)
}

// ApplyFrom counts the entries of a ticket that are not counted yet, from sequence number
// from or an earlier uncounted one. It is safe to repeat, and returns apperr.Conflict after
// too many concurrent updates, or the error of the store.
func (a *Aggregator) ApplyFrom(ctx context.Context, ticketID string, from int) error {
	return retry.Do(ctx, conflictPolicy, func(int) (done bool, err error) {
		before, entries, err := a.Store.StatsCheckpoint(ctx, ticketID, from)
		for err == nil && !before.Deleted && before.LastSeq+1 < from {
			from = before.LastSeq + 1
			before, entries, err = a.Store.StatsCheckpoint(ctx, ticketID, from)
		}
		if err != nil || before.Deleted {
			return true, err
		}
		return a.applyEntries(ctx, before, entries)
	})
}

// maxUncounted bounds the entries that change no statistic and that later calls
// read again. The checkpoint moves behind them without a change of the statistics.
const maxUncounted = 100

// applyEntries counts the entries in one or more updates. done is false if the
// ticket was updated concurrently.
func (a *Aggregator) applyEntries(ctx context.Context, before Checkpoint, entries []ticket.Entry) (done bool, err error) {
	for {
		after, delta := Fold(before, entries)
		if after.LastSeq == before.LastSeq {
			return true, nil
		}
		complete := after.LastSeq == entries[len(entries)-1].Seq
		if delta.IsEmpty() && complete && after.LastSeq-before.LastSeq < maxUncounted {
			return true, nil
		}
		applied, err := a.submit(ctx, Update{before, after, delta})
		if err != nil || !applied {
			return false, err
		}
		before = after
	}
}

// MigrateTicket moves a ticket's counts to a later generation in one
// transaction. It is safe to repeat. Returns apperr.Conflict after too many
// concurrent updates.
func (a *Aggregator) MigrateTicket(ctx context.Context, ticketID string, generation int) error {
	next := 0 // first entry not counted in the new generation; 0 for a deleted ticket
	err := retry.Do(ctx, conflictPolicy, func(int) (done bool, err error) {
		before, entries, err := a.Store.StatsCheckpoint(ctx, ticketID, 1)
		if err != nil || before.Deleted {
			return true, err
		}
		if before.LastSeq == 0 || before.Generation >= generation {
			next = before.LastSeq + 1
			return true, nil
		}
		for len(entries) > 0 && entries[len(entries)-1].Seq > before.LastSeq {
			entries = entries[:len(entries)-1]
		}
		after, delta := Fold(Checkpoint{TicketID: ticketID, Generation: generation}, entries)
		next = after.LastSeq + 1
		return a.submit(ctx, Update{before, after, delta})
	})
	if err != nil || next == 0 {
		return err
	}
	return a.ApplyFrom(ctx, ticketID, next)
}

// RemoveTicket removes a deleted ticket from the backlog. It is safe to repeat.
// Returns apperr.Conflict after too many concurrent updates.
func (a *Aggregator) RemoveTicket(ctx context.Context, ticketID string) error {
	return retry.Do(ctx, conflictPolicy, func(int) (done bool, err error) {
		before, _, err := a.Store.StatsCheckpoint(ctx, ticketID, ticket.MaxSeq)
		if err != nil || before.Deleted {
			return true, err
		}
		before.TicketID = ticketID
		after, delta := Remove(before)
		return a.submit(ctx, Update{before, after, delta})
	})
}

// pendingUpdate is an update that waits for its result.
type pendingUpdate struct {
	update Update
	result chan updateResult
}

type updateResult struct {
	applied bool
	err     error
}

// maxBatch and maxBatchItems bound the updates of one batch, and the items of
// days that they change before the last update is added. A full batch stays below
// the 100 operations of a DynamoDB transaction.
const (
	maxBatch      = 20
	maxBatchItems = 35
)

// submit applies the update, together with others that are waiting. All tickets
// change the same few items, so separate transactions would conflict. One
// goroutine writes at a time; updates submitted during the write form the next batch.
// applied is false if the checkpoint was not Before.
func (a *Aggregator) submit(ctx context.Context, u Update) (applied bool, err error) {
	p := &pendingUpdate{u, make(chan updateResult, 1)}
	a.mu.Lock()
	a.pending = append(a.pending, p)
	a.mu.Unlock()

	a.write.Lock()
	defer a.write.Unlock()
	for {
		select {
		case r := <-p.result:
			return r.applied, r.err
		default: // not in an earlier batch
			a.writeBatch(ctx, a.nextBatch())
		}
	}
}

// nextBatch removes the oldest pending updates and returns them. A batch has one
// update of a ticket at most; a second one waits for the next batch.
func (a *Aggregator) nextBatch() []*pendingUpdate {
	a.mu.Lock()
	defer a.mu.Unlock()
	var batch, later []*pendingUpdate
	type item struct {
		day        string
		generation int
	}
	tickets, items := map[string]bool{}, map[item]bool{}
	for _, p := range a.pending {
		if len(batch) == maxBatch || tickets[p.update.After.TicketID] || len(items) > maxBatchItems {
			later = append(later, p)
			continue
		}
		batch = append(batch, p)
		tickets[p.update.After.TicketID] = true
		for day := range p.update.Delta.Days {
			items[item{day, p.update.Before.Generation}], items[item{day, p.update.After.Generation}] = true, true
		}
	}
	a.pending = later
	return batch
}

// writeBatch applies the updates of the batch, without those that the store
// refuses, and sends each its result.
func (a *Aggregator) writeBatch(ctx context.Context, batch []*pendingUpdate) {
	for len(batch) > 0 {
		updates := make([]Update, len(batch))
		for i, p := range batch {
			updates[i] = p.update
		}
		refused, err := a.Store.ApplyStats(ctx, updates)
		if err != nil || len(refused) == 0 {
			for _, p := range batch {
				p.result <- updateResult{err == nil, err}
			}
			return
		}
		var rest []*pendingUpdate
		for i, p := range batch {
			if refused[i] {
				p.result <- updateResult{}
			} else {
				rest = append(rest, p)
			}
		}
		batch = rest
	}
}
