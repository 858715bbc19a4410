package stats_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// flakyStore is an in-memory Store that fails at random, before or after a write.
type flakyStore struct {
	mu          sync.Mutex
	rng         *rand.Rand // nil: never fails
	logs        map[string][]ticket.Entry
	checkpoints map[string]stats.Checkpoint
	total       stats.Delta
	writes      int
}

var errLost = errors.New("connection lost")

func (store *flakyStore) StatsCheckpoint(_ context.Context, ticketID string, seq int) (stats.Checkpoint, ticket.Log, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	log := store.logs[ticketID]
	return store.checkpoints[ticketID], ticket.Log{Entries: log[min(max(seq-1, 0), len(log)):], ReadMarkers: readMarkers()}, nil
}

func (store *flakyStore) fails() bool { return store.rng != nil && store.rng.IntN(8) == 0 }

func (store *flakyStore) ApplyStats(_ context.Context, updates []stats.Update) (map[int]bool, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	if store.fails() {
		return nil, errLost
	}
	refused := map[int]bool{}
	for i, u := range updates {
		stored := store.checkpoints[u.After.TicketID]
		if stored.LastSeq != u.Before.LastSeq || stored.Unread != u.Before.Unread || stored.Deleted {
			refused[i] = true
		}
	}
	if len(refused) > 0 {
		return refused, nil
	}
	store.writes++
	for _, u := range updates {
		store.checkpoints[u.After.TicketID] = u.After
		store.total.Add(u.Delta)
	}
	if store.fails() {
		return nil, errLost // written, but the response is lost
	}
	return nil, nil
}

func (store *flakyStore) snapshot(now time.Time) stats.Snapshot {
	return stats.Snapshot{At: now, Slots: store.total.Slots, Backlog: store.total.Backlog, CategoryNames: store.total.CategoryNames}
}

// TestAggregator_CountsOnce applies entries of random logs repeatedly, in random
// order and concurrently in two processes, with failures and retries. The result
// must match a direct count of the logs.
func TestAggregator_CountsOnce(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 7))
		store := &flakyStore{rng: rng, logs: map[string][]ticket.Entry{}, checkpoints: map[string]stats.Checkpoint{}}
		var hints []ticket.Entry
		now := start
		for i := range 1 + rng.IntN(12) {
			id := fmt.Sprint("ticket-", i)
			store.logs[id] = randomLog(rng, id, 1+rng.IntN(40))
			hints = append(hints, store.logs[id]...)
			now = latest(now, store.logs[id][len(store.logs[id])-1].CreatedAt)
		}
		for _, e := range slices.Clone(hints) {
			for range rng.IntN(3) {
				hints = append(hints, e)
			}
		}
		rng.Shuffle(len(hints), func(i, j int) { hints[i], hints[j] = hints[j], hints[i] })
		applyAll(t, store, hints)
		zones := []string{"Asia/Tehran", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York"}
		checkPeriods(t, store, now, "UTC", zones[seed%7])
	}
}

// applyAll applies the entries in two processes with four workers each.
func applyAll(t *testing.T, store *flakyStore, hints []ticket.Entry) {
	t.Helper()
	todo := make(chan ticket.Entry, len(hints))
	for _, e := range hints {
		todo <- e
	}
	close(todo)
	var wait sync.WaitGroup
	for range 2 {
		aggregator := &stats.Aggregator{Store: store}
		for range 4 {
			wait.Go(func() {
				for e := range todo {
					for {
						err := aggregator.ApplyEntry(context.Background(), e)
						if err == nil {
							break
						}
						if !errors.Is(err, errLost) {
							t.Error(err)
							return
						}
					}
				}
			})
		}
	}
	wait.Wait()
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// TestAggregator_BatchOutlivesCaller checks that a batch is written when the context of the
// goroutine that writes it ends: it contains updates of others.
func TestAggregator_BatchOutlivesCaller(t *testing.T) {
	store := &flakyStore{logs: map[string][]ticket.Entry{"a": randomLog(rand.New(rand.NewPCG(1, 1)), "a", 1)}, checkpoints: map[string]stats.Checkpoint{}}
	ctx, cancel := context.WithCancel(t.Context())
	aggregator := &stats.Aggregator{Store: cancelledStore{store, cancel}}
	if err := aggregator.ApplyEntry(ctx, store.logs["a"][0]); err != nil || store.writes != 1 {
		t.Errorf("got %v and %d writes, want one", err, store.writes)
	}
}

// cancelledStore cancels the caller's context before the write, and fails if its own has ended.
type cancelledStore struct {
	*flakyStore
	cancel func()
}

func (s cancelledStore) ApplyStats(ctx context.Context, updates []stats.Update) (map[int]bool, error) {
	s.cancel()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return s.flakyStore.ApplyStats(ctx, updates)
}
