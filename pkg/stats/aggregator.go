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
	// StatsCheckpoint returns the checkpoint of a ticket and its log from seq on with
	// the read markers, strongly consistent. Entries that are counted may be missing, unless seq
	// is 0. A ticket that was never counted has LastSeq 0.
	StatsCheckpoint(ctx context.Context, ticketID string, seq int) (Checkpoint, ticket.Log, error)

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

	// DeleteStatsGenerationsBefore deletes a page of the counts of earlier generations,
	// and returns the cursor of the next page; nil after the last.
	DeleteStatsGenerationsBefore(ctx context.Context, before int, after map[string]string) (next map[string]string, err error)

	// DeleteCustomerStatsBefore deletes the counts of a customer in earlier generations.
	DeleteCustomerStatsBefore(ctx context.Context, before int, customerID string) error
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
		before, log, err := a.Store.StatsCheckpoint(ctx, ticketID, from)
		for err == nil && !before.Deleted && before.LastSeq+1 < from {
			from = before.LastSeq + 1
			before, log, err = a.Store.StatsCheckpoint(ctx, ticketID, from)
		}
		if err != nil || before.Deleted {
			return true, err
		}
		return a.applyEntries(ctx, before, log)
	})
}

// maxUncounted bounds the entries that change no statistic and that later calls
// read again. The checkpoint moves behind them without a change of the statistics.
const maxUncounted = 100

// applyEntries counts the entries in one or more updates. done is false if the
// ticket was updated concurrently.
func (a *Aggregator) applyEntries(ctx context.Context, before Checkpoint, log ticket.Log) (done bool, err error) {
	for {
		after, delta := Fold(before, log.Entries, log.ReadMarkers)
		if after == before {
			return true, nil
		}
		complete := len(log.Entries) == 0 || after.LastSeq >= log.Entries[len(log.Entries)-1].Seq
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

// ApplyReadMarker counts whether the assignee of the ticket has unread messages after a
// read marker of staff has moved. It is safe to repeat, and returns the errors of ApplyFrom.
func (a *Aggregator) ApplyReadMarker(ctx context.Context, m ticket.ReadMarker) error {
	return a.ApplyFrom(ctx, m.TicketID, m.Seq+1)
}

// MigrateTicket moves a ticket's counts to a later generation in one
// transaction. It is safe to repeat. It fails with apperr.Conflict after too many
// concurrent updates.
func (a *Aggregator) MigrateTicket(ctx context.Context, ticketID string, generation int) error {
	next := 0 // first entry not counted in the new generation; 0 for a deleted ticket
	err := retry.Do(ctx, conflictPolicy, func(int) (done bool, err error) {
		before, log, err := a.Store.StatsCheckpoint(ctx, ticketID, 0)
		if err != nil || before.Deleted {
			return true, err
		}
		if before.LastSeq == 0 || before.Generation >= generation {
			next = before.LastSeq + 1
			return true, nil
		}
		counted := log.Entries[:min(before.LastSeq, len(log.Entries))] // from entry 1 on, without gaps
		after, delta := Fold(Checkpoint{TicketID: ticketID, Generation: generation}, counted, log.ReadMarkers)
		next = after.LastSeq + 1
		return a.submit(ctx, Update{before, after, delta})
	})
	if err != nil || next == 0 {
		return err
	}
	return a.ApplyFrom(ctx, ticketID, next)
}

// RemoveTicket removes a deleted ticket from the backlog. It is safe to repeat.
// It fails with apperr.Conflict after too many concurrent updates.
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
// slots that they change before the last update is added. A full batch stays below
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
		slot       Slot
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
		for slot := range p.update.Delta.Slots {
			items[item{slot, p.update.Before.Generation}], items[item{slot, p.update.After.Generation}] = true, true
		}
	}
	a.pending = later
	return batch
}

// batchTimeout limits the write of a batch, which does not end with the request of the
// goroutine that writes: the batch has updates of others.
const batchTimeout = 20 * time.Second

// writeBatch applies the updates of the batch, without those that the store
// refuses, and sends each its result.
func (a *Aggregator) writeBatch(ctx context.Context, batch []*pendingUpdate) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), batchTimeout)
	defer cancel()
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
