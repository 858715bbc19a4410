package stats

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
)

// Update counts a piece of one ticket's log: it holds while the store still has
// what Was says. A step into a later edition takes the Delta out of the one
// before as well.
type Update struct {
	Before, After Checkpoint
	Delta         Delta
}

// Store keeps the numbers, and what was counted of each ticket.
type Store interface {
	// StatsCheckpoint reads, strongly consistent, what was counted of a ticket and
	// its log from seq on; a ticket of which nothing was counted has UpTo 0.
	StatsCheckpoint(ctx context.Context, ticketID string, seq int) (Checkpoint, []ticket.Entry, error)

	// ApplyStats takes all steps, each of another ticket, or none: refused says by
	// place which do not hold any more.
	ApplyStats(ctx context.Context, updates []Update) (refused map[int]bool, err error)
}

// Generations are how the numbers are made anew while others count. The numbers
// are the sum of all editions.
type Generations interface {
	// BeginStatsGeneration begins one: from then on new tickets come into it.
	BeginStatsGeneration(ctx context.Context) (generation int, err error)

	// DeleteStatsGenerationsBefore throws away what is left in those before one.
	DeleteStatsGenerationsBefore(ctx context.Context, before int) error
}

// Aggregator counts each entry once, however often and in whatever order it is
// told of it. It is safe for concurrent use, also by several processes.
type Aggregator struct {
	Store Store

	mu      sync.Mutex
	pending []*pendingUpdate
	writing bool
}

// maxAttempts bounds how often a ticket is read again because others count it too.
const maxAttempts = 20

// ApplyEntry counts the log as far as the entry, and further if there is more.
func (a *Aggregator) ApplyEntry(ctx context.Context, e ticket.Entry) error {
	if !AffectsStats(e) {
		return nil
	}
	return a.ApplyFrom(ctx, e.TicketID, e.Seq)
}

// ApplyFrom counts what has not been counted of a ticket. from is a hint: where
// what is new begins.
func (a *Aggregator) ApplyFrom(ctx context.Context, ticketID string, from int) error {
	for range maxAttempts {
		before, entries, err := a.Store.StatsCheckpoint(ctx, ticketID, from)
		if err != nil || before.Deleted {
			return err
		}
		if before.LastSeq+1 < from {
			from = before.LastSeq + 1
			continue
		}
		done, err := a.applyEntries(ctx, before, entries)
		if err != nil || done {
			return err
		}
		backOff(ctx)
	}
	return apperr.New(apperr.Conflict, "")
}

// applyEntries takes step after step through the entries; done is false when somebody
// else counts the same ticket.
func (a *Aggregator) applyEntries(ctx context.Context, before Checkpoint, entries []ticket.Entry) (done bool, err error) {
	for {
		after, delta := Fold(before, entries)
		if after.LastSeq == before.LastSeq || delta.IsEmpty() && after.LastSeq == entries[len(entries)-1].Seq {
			return true, nil
		}
		applied, err := a.submit(ctx, Update{before, after, delta})
		if err != nil || !applied {
			return false, err
		}
		before = after
	}
}

// MigrateTicket counts a ticket anew in a later edition of the numbers, and takes it out
// of the one that it is counted in: at no moment it is missing, or in both.
func (a *Aggregator) MigrateTicket(ctx context.Context, ticketID string, generation int) error {
	for range maxAttempts {
		before, entries, err := a.Store.StatsCheckpoint(ctx, ticketID, 1)
		if err != nil || before.Deleted {
			return err
		}
		if before.LastSeq == 0 || before.Generation >= generation {
			return a.ApplyFrom(ctx, ticketID, before.LastSeq+1)
		}
		for len(entries) > 0 && entries[len(entries)-1].Seq > before.LastSeq {
			entries = entries[:len(entries)-1]
		}
		after, delta := Fold(Checkpoint{TicketID: ticketID, Generation: generation}, entries)
		applied, err := a.submit(ctx, Update{before, after, delta})
		if err != nil {
			return err
		}
		if applied { // of a very long life a part is left to be counted
			return a.ApplyFrom(ctx, ticketID, after.LastSeq+1)
		}
		backOff(ctx)
	}
	return apperr.New(apperr.Conflict, "")
}

// RemoveTicket takes a deleted ticket out of the backlog, once.
func (a *Aggregator) RemoveTicket(ctx context.Context, ticketID string) error {
	for range maxAttempts {
		before, _, err := a.Store.StatsCheckpoint(ctx, ticketID, ticket.MaxSeq)
		if err != nil || before.Deleted {
			return err
		}
		before.TicketID = ticketID
		after, delta := Remove(before)
		applied, err := a.submit(ctx, Update{before, after, delta})
		if err != nil || applied {
			return err
		}
		backOff(ctx)
	}
	return apperr.New(apperr.Conflict, "")
}

// backOff lets another process finish.
func backOff(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Millisecond + rand.N(20*time.Millisecond)): //nolint:gosec // spreads writers, keeps no secret
	}
}

// All tickets count on the same few numbers. Steps that come while one is being
// written wait and are written together: one write of the numbers for all of
// them, instead of a fight.

// pendingUpdate is a step that waits for its outcome.
type pendingUpdate struct {
	update Update
	result chan updateResult
}

type updateResult struct {
	applied bool
	err     error
}

// mostTogether and mostPages bound the steps of one write, and the days that
// they change in any edition: with those of the last step it is no more than a
// transaction takes.
const (
	maxBatch      = 20
	maxBatchItems = 35
)

func (a *Aggregator) submit(ctx context.Context, u Update) (applied bool, err error) {
	j := &pendingUpdate{u, make(chan updateResult, 1)}
	a.mu.Lock()
	a.pending = append(a.pending, j)
	leader := !a.writing
	a.writing = true
	a.mu.Unlock()
	if leader {
		for batch := a.nextBatch(); len(batch) > 0; batch = a.nextBatch() {
			a.writeBatch(ctx, batch)
		}
	}
	o := <-j.result
	return o.applied, o.err
}

// nextBatch gives the jobs that are written together. Two of one ticket never are:
// the second waits for the next round, and does not hold then.
func (a *Aggregator) nextBatch() []*pendingUpdate {
	a.mu.Lock()
	defer a.mu.Unlock()
	var batch, later []*pendingUpdate
	type page struct {
		day     string
		edition int
	}
	tickets, pages := map[string]bool{}, map[page]bool{}
	for _, j := range a.pending {
		if len(batch) == maxBatch || tickets[j.update.After.TicketID] || len(pages) > maxBatchItems {
			later = append(later, j)
			continue
		}
		batch = append(batch, j)
		tickets[j.update.After.TicketID] = true
		for day := range j.update.Delta.Days {
			pages[page{day, j.update.Before.Generation}], pages[page{day, j.update.After.Generation}] = true, true
		}
	}
	a.pending = later
	a.writing = len(batch) > 0
	return batch
}

// writeBatch takes the steps of the jobs, without those that do not hold.
func (a *Aggregator) writeBatch(ctx context.Context, batch []*pendingUpdate) {
	for len(batch) > 0 {
		updates := make([]Update, len(batch))
		for i, j := range batch {
			updates[i] = j.update
		}
		refused, err := a.Store.ApplyStats(ctx, updates)
		if err != nil || len(refused) == 0 {
			for _, j := range batch {
				j.result <- updateResult{err == nil, err}
			}
			return
		}
		var rest []*pendingUpdate
		for i, j := range batch {
			if refused[i] {
				j.result <- updateResult{}
			} else {
				rest = append(rest, j)
			}
		}
		batch = rest
	}
}
