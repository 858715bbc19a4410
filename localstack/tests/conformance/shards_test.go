package conformance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// shards returns the same number of shards of everything, as a parameter of the template.
func shards(t *testing.T, parameter string) dynamo.Shards {
	t.Helper()
	count, err := dynamo.ParseShardCount(parameter)
	must(t, err)
	return dynamo.Shards{Queue: count, Activity: count, Stats: count}
}

// whileShardsChange is pkg/dynamo while the number of shards changes: each store that it opens
// writes to another number of shards, and all read the largest.
func whileShardsChange(t *testing.T) backend {
	t.Helper()
	var opened atomic.Int64
	numbers := []dynamo.Shards{shards(t, "1/8"), shards(t, "8"), shards(t, "3/8")}
	return backend{name: "dynamo, shards", at: func(now func() time.Time) testStore {
		store := dynamo.New(env.config, env.table, now)
		store.Shards = numbers[int(opened.Add(1))%len(numbers)]
		return store
	}}
}

// shardRun changes the number of shards of a workload's table in steps.
type shardRun struct {
	*workload
	mu    sync.Mutex
	quiet map[string]bool // tickets that are in all lists and do not change
}

// withShards returns a store of another function instance.
func (r *shardRun) withShards(t *testing.T, parameter string) *dynamo.Store {
	store := dynamo.New(env.config, r.tableName, fixedNow)
	store.Shards = shards(t, parameter)
	return store
}

// TestShards_ChangeUnderTraffic changes the number of shards from 1 to 8 while tickets are written
// and listed: first instances that read 8 and write 1 replace the others, then those that write
// 8. Each list has each ticket once at all times, and nothing is lost or counted twice.
func TestShards_ChangeUnderTraffic(t *testing.T) {
	t.Parallel()
	r := &shardRun{workload: newWorkload(t, 31), quiet: map[string]bool{}}
	for _, step := range []struct{ writers, readers []string }{
		{[]string{"1", "1"}, []string{"1"}},
		{[]string{"1", "1/8"}, []string{"1", "1/8"}},
		{[]string{"1/8", "8"}, []string{"1/8", "8"}},
		{[]string{"8", "8"}, []string{"8"}},
	} {
		r.run(t, step.writers, step.readers)
	}
	r.store = r.withShards(t, "8")
	r.checkAll(t)
	r.damage(t)
	r.replay(t, r.store)
	r.run(t, []string{"8"}, []string{"8"}) // new instances begin with the first generation of statistics
	r.checkAll(t)
	r.replay(t, r.withShards(t, "8"))
	r.checkAll(t)
}

// run writes with one instance for each of writers and lists with each of readers meanwhile.
func (r *shardRun) run(t *testing.T, writers, readers []string) {
	t.Helper()
	var writing, reading sync.WaitGroup
	var done atomic.Bool
	for n, parameter := range writers {
		store := r.withShards(t, parameter)
		writing.Go(func() {
			if err := r.write(t.Context(), store, n); err != nil {
				t.Errorf("writer %s: %v", parameter, err)
			}
		})
	}
	for _, parameter := range readers {
		store := r.withShards(t, parameter)
		reading.Go(func() {
			for last := false; !last; {
				last = done.Load()
				if err := r.checkLists(t.Context(), store); err != nil {
					t.Errorf("reader %s, written by %v: %v", parameter, writers, err)
					return
				}
			}
		})
	}
	writing.Wait()
	done.Store(true)
	reading.Wait()
}

// write opens tickets and changes all but the first two of them.
func (r *shardRun) write(ctx context.Context, store *dynamo.Store, n int) error {
	service, handlers := r.service(store, r.tick), projectionsWithShards(r, store)
	for i := range 4 {
		tk, _, err := service.Create(ctx, []user.Principal{r.sara, r.mina}[n%2], ticket.CreateParams{ClientID: newID(), Title: "printer", Description: "slow", CategoryID: r.categoryIDs[0]})
		if err != nil {
			return err
		}
		next, err := r.projectEntries(ctx, handlers, tk.ID, 1)
		for s := 0; err == nil && i > 1 && s < 5; s++ {
			if err = r.step(ctx, service, tk.ID); err == nil {
				next, err = r.projectEntries(ctx, handlers, tk.ID, next)
			}
		}
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.ticketIDs = append(r.ticketIDs, tk.ID)
		if i < 2 {
			r.quiet[tk.ID] = true
		}
		r.mu.Unlock()
	}
	return nil
}

func projectionsWithShards(r *shardRun, store *dynamo.Store) []stream.Handler {
	return []stream.Handler{
		stream.ProjectTickets(r.service(store, fixedNow)), stream.ScheduleTimers(store, automationPolicy()), stream.ProjectStats(&stats.Aggregator{Store: store}), stream.ProjectActivity(store),
	}
}

// checkLists pages through the lists, each of which has the unchanged tickets once.
func (r *shardRun) checkLists(ctx context.Context, store *dynamo.Store) error {
	for _, q := range []ticket.Query{
		{Sort: ticket.SortWaiting}, {Sort: ticket.SortActivity}, {Sort: ticket.SortCreated}, {Sort: ticket.SortWaiting, Statuses: []ticket.Status{ticket.StatusNew}},
		{Sort: ticket.SortWaiting, AssigneeID: ticket.Unassigned}, {Sort: ticket.SortWaiting, CategoryIDs: r.categoryIDs[:1]}, {Sort: ticket.SortWaiting, Tags: []string{"no ticket"}},
	} {
		r.mu.Lock()
		expected := maps.Clone(r.quiet)
		r.mu.Unlock()
		found := map[string]int{}
		var cursor map[string]string
		for q.Limit = 7; ; {
			page, next, err := store.ListTickets(ctx, q, cursor)
			if err != nil {
				return err
			}
			for _, tk := range page {
				found[tk.ID]++
			}
			if cursor = next; cursor == nil {
				break
			}
		}
		for id := range expected {
			if q.Tags == nil && found[id] != 1 {
				return fmt.Errorf("%+v: ticket %s is listed %d times", q, id, found[id])
			}
		}
	}
	return nil
}

// checkAll compares lists, statistics, new entries and timers with the logs.
func (r *shardRun) checkAll(t *testing.T) {
	t.Helper()
	must(t, r.checkLists(t.Context(), r.store))
	if _, diffs := r.compareTickets(t, r.items(t)); len(diffs) > 0 {
		t.Errorf("%d differ: %s", len(diffs), strings.Join(diffs[:min(3, len(diffs))], "\n"))
	}
	ids, _, err := r.store.ListTicketIDs(t.Context(), time.Time{}, nil, 1000)
	must(t, err)
	slices.Sort(r.ticketIDs)
	equal(t, "tickets by creation", len(ids), len(r.ticketIDs))
	if slices.Sort(ids); !slices.Equal(ids, r.ticketIDs) {
		t.Errorf("got tickets %v, want %v", ids, r.ticketIDs)
	}
	var entries int
	waiting := map[string]bool{}
	for id, log := range r.logs(t) {
		entries += len(log.Entries)
		if s := log.Ticket.State.Status; s == ticket.StatusPending || s == ticket.StatusResolved {
			waiting[id] = true
		}
	}
	equal(t, "new entries", len(r.activity(t)), entries)
	due, err := r.store.DueTimers(t.Context(), fixedNow().AddDate(1, 0, 0), 1000)
	must(t, err)
	if !slices.IsSortedFunc(due, func(a, b ticket.Timer) int { return a.Due.Compare(b.Due) }) || len(due) != len(waiting) {
		t.Errorf("got %d timers, want %d by time", len(due), len(waiting))
	}
	for _, timer := range due {
		if !waiting[timer.TicketID] {
			t.Errorf("ticket %s has a timer", timer.TicketID)
		}
	}
}

// activity returns the listed entries, each of them once.
func (r *shardRun) activity(t *testing.T) map[string]bool {
	t.Helper()
	found, cursor := map[string]bool{}, ""
	for {
		page, next, err := r.store.Activity(t.Context(), 7, cursor)
		must(t, err)
		for _, a := range page {
			name := fmt.Sprint(a.Entry.TicketID, a.Entry.Seq)
			if found[name] {
				t.Errorf("entry %s is listed twice", name)
			}
			found[name] = true
		}
		if cursor = next; cursor == "" {
			return found
		}
	}
}

// TestShards_RepeatedEntry records an entry before and after a change of the number of shards.
func TestShards_RepeatedEntry(t *testing.T) {
	t.Parallel()
	r := &shardRun{workload: newWorkload(t, 32), quiet: map[string]bool{}}
	r.runRandom(t, 3, 2)
	for _, parameter := range []string{"1", "8", "3/8"} {
		r.store = r.withShards(t, parameter)
		r.projectAll(t)
	}
	r.store = r.withShards(t, "8")
	r.checkAll(t)
}

// TestShards_Costs checks that a list with one shard makes one query, and with more one for each.
func TestShards_Costs(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 33)
	w.runRandom(t, 40, 0)
	for _, id := range w.ticketIDs {
		must(t, w.service(w.store, fixedNow).Project(t.Context(), id, 1))
	}
	for parameter, want := range map[string]cost{"1": {1, 2, 0}, "8": {8, 5.5, 0}} {
		m := &costMeter{}
		config := env.config.Copy()
		config.APIOptions = append(config.APIOptions, m.install)
		store := dynamo.New(config, w.tableName, fixedNow)
		store.Shards = shards(t, parameter)
		page, next, err := store.ListTickets(t.Context(), ticket.Query{Sort: ticket.SortWaiting, Limit: 25}, nil)
		if got, _ := m.reset(); err != nil || len(page) != 25 || next == nil || got.roundTrips > 2*want.roundTrips || got.read > want.read {
			t.Errorf("%s shards: got %d tickets, %v, %v, want %v", parameter, len(page), err, got, want)
		}
	}
}

// TestShards_ClosedGeneration raises the number of shards after a replay. New instances know the
// first generation of statistics only, and it is closed also where no shard was.
func TestShards_ClosedGeneration(t *testing.T) {
	t.Parallel()
	r := &shardRun{workload: newWorkload(t, 34), quiet: map[string]bool{}}
	r.replay(t, r.withShards(t, "1"))
	for range 4 {
		must(t, r.write(t.Context(), r.withShards(t, "8"), 0))
	}
	inOthers := 0
	for _, it := range r.items(t) {
		if it["SK"] == "~S" && it["ed"] != 1.0 {
			t.Errorf("a ticket is counted in generation %v: %v", it["ed"], it["PK"])
		}
		if pk := it["PK"].(string); strings.HasPrefix(pk, "STAT#") {
			inOthers++
		}
	}
	if inOthers == 0 {
		t.Error("all statistics are in the first shard")
	}
}
