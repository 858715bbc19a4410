package stats_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var start = time.Date(2026, 3, 1, 22, 30, 0, 0, time.UTC)

// randomLog returns a random log with messages, notes and all kinds of changes.
func randomLog(rng *rand.Rand, ticketID string, n int) []ticket.Entry {
	statuses := []ticket.Status{ticket.StatusOpen, ticket.StatusPending, ticket.StatusOnHold, ticket.StatusResolved, ticket.StatusClosed}
	authors := []ticket.Author{{ID: "sara", Role: user.RoleUser}, {ID: "ali", Role: user.RoleSupport}, {ID: "system", Role: "system"}}
	at := start.Add(time.Duration(rng.IntN(72)) * time.Hour)
	state := ticket.State{Status: ticket.StatusNew, CategoryID: "billing"}
	log := []ticket.Entry{{
		TicketID: ticketID, Seq: 1, Kind: ticket.KindOpened, Author: authors[0], CreatedAt: at, State: state,
		Opening: &ticket.Opening{Category: ticket.Category{ID: "billing", Names: map[string]string{"en": "Billing"}}},
	}}
	for seq := 2; seq <= n; seq++ {
		at = at.Add(time.Duration(rng.IntN(20*3600)) * time.Second)
		e := ticket.Entry{TicketID: ticketID, Seq: seq, Author: authors[rng.IntN(3)], CreatedAt: at}
		switch kind := rng.IntN(6); kind {
		case 0, 1:
			to := statuses[rng.IntN(len(statuses))]
			e.Kind, e.Change = ticket.KindStatus, &ticket.Change{Field: "status", From: string(state.Status), To: string(to)}
			state.Status = to
		case 2:
			state.CategoryID = []string{"billing", "technical"}[rng.IntN(2)]
			e.Kind, e.Change = ticket.KindCategory, &ticket.Change{Field: "category", To: state.CategoryID}
		case 3:
			e.Kind = ticket.KindNote
		default:
			e.Kind = ticket.KindMessage
			if e.Author.ID == "sara" && !state.Status.IsActive() {
				e.Change = &ticket.Change{Field: "status", From: string(state.Status), To: "open"}
				state.Status = ticket.StatusOpen
			}
		}
		e.State = state
		log = append(log, e)
	}
	return log
}

// modelTotals counts the totals directly from the logs.
func modelTotals(logs map[string][]ticket.Entry) map[string]int {
	totals := map[string]int{}
	for _, log := range logs {
		was, replied, ended := ticket.Status(""), false, false
		for _, e := range log {
			day, now := stats.DayOf(e.CreatedAt), e.State.Status
			if was == "" {
				totals[day+" created"]++
			}
			switch {
			case now == was:
			case now == ticket.StatusResolved || now == ticket.StatusClosed:
				totals[day+" "+string(now)]++
			case was == ticket.StatusResolved || was == ticket.StatusClosed:
				totals[day+" reopened"]++
			}
			if e.Kind == ticket.KindMessage && e.Author.ID == "ali" && !replied {
				replied = true
				totals["responses"]++
			}
			if !now.IsActive() && !ended {
				ended = true
				totals["resolutions"]++
			}
			was = now
		}
		if last := log[len(log)-1].State; last.Status.IsActive() {
			totals[string(last.Status)]++
			totals["in "+last.CategoryID]++
			totals["active"]++
		}
	}
	return totals
}

// reportTotals returns the totals of a report over all days.
func reportTotals(r stats.Report) map[string]int {
	out := map[string]int{}
	add := func(name string, n int) {
		if n != 0 {
			out[name] += n
		}
	}
	for _, d := range r.Days {
		add(d.Day+" created", d.Created)
		add(d.Day+" resolved", d.Resolved)
		add(d.Day+" closed", d.Closed)
		add(d.Day+" reopened", d.Reopened)
	}
	for status, n := range r.Status {
		add(string(status), n)
	}
	for _, c := range r.Categories {
		add("in "+c.ID, c.Count)
	}
	add("responses", r.FirstResponse.Count)
	add("resolutions", r.Resolution.Count)
	add("active", r.Age.UnderDay+r.Age.UnderThree+r.Age.UnderWeek+r.Age.Older)
	return out
}

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

func (store *flakyStore) StatsCheckpoint(_ context.Context, ticketID string, seq int) (stats.Checkpoint, []ticket.Entry, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	log := store.logs[ticketID]
	return store.checkpoints[ticketID], log[min(seq-1, len(log)):], nil
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
		if store.checkpoints[u.After.TicketID].LastSeq != u.Before.LastSeq || store.checkpoints[u.After.TicketID].Deleted {
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

func (store *flakyStore) report(now time.Time) stats.Report {
	period := stats.Period{From: start.Truncate(24 * time.Hour), To: now.Truncate(24 * time.Hour)}
	return stats.NewReport(period, now, stats.Snapshot{Days: store.total.Days, Backlog: store.total.Backlog, CategoryNames: store.total.CategoryNames})
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
		if got, want := reportTotals(store.report(now)), modelTotals(store.logs); !maps.Equal(got, want) {
			t.Fatalf("seed %d: got %v\nwant %v", seed, got, want)
		}
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

// TestRemoveTicket checks that a deleted ticket leaves the backlog once, that its
// past events stay, and that later entries are not counted.
func TestRemoveTicket(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	store := &flakyStore{logs: map[string][]ticket.Entry{"a": randomLog(rng, "a", 1), "b": randomLog(rng, "b", 1)}, checkpoints: map[string]stats.Checkpoint{}}
	aggregator := &stats.Aggregator{Store: store}
	for _, log := range store.logs {
		if err := aggregator.ApplyEntry(t.Context(), log[0]); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := aggregator.RemoveTicket(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	answer := ticket.Entry{TicketID: "a", Seq: 2, Kind: ticket.KindMessage, Author: ticket.Author{ID: "ali", Role: user.RoleSupport}, State: ticket.State{Status: ticket.StatusOpen}}
	store.logs["a"] = append(store.logs["a"], answer)
	if err := aggregator.ApplyEntry(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	r := store.report(start.Add(100 * time.Hour))
	days := 0
	for _, d := range r.Days {
		days += d.Created
	}
	if r.Status[ticket.StatusNew] != 1 || r.Status[ticket.StatusOpen] != 0 || days != 2 || r.FirstResponse.Count != 0 {
		t.Errorf("got %+v", r)
	}
}

// TestApplyEntry_LongLog counts a log with more days than one update may change.
func TestApplyEntry_LongLog(t *testing.T) {
	store := &flakyStore{logs: map[string][]ticket.Entry{}, checkpoints: map[string]stats.Checkpoint{}}
	log := randomLog(rand.New(rand.NewPCG(3, 3)), "a", 1)
	for day := range 100 {
		to := []ticket.Status{ticket.StatusResolved, ticket.StatusOpen}[day%2]
		log = append(log, ticket.Entry{
			TicketID: "a", Seq: day + 2, Kind: ticket.KindStatus, CreatedAt: start.AddDate(0, 0, day+4),
			Change: &ticket.Change{Field: "status"}, State: ticket.State{Status: to, CategoryID: "billing"},
		})
	}
	store.logs["a"] = log
	if err := (&stats.Aggregator{Store: store}).ApplyEntry(t.Context(), log[100]); err != nil {
		t.Fatal(err)
	}
	if got, want := reportTotals(store.report(start.AddDate(0, 0, 110))), modelTotals(store.logs); !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if store.writes < 5 {
		t.Errorf("%d writes for a hundred days", store.writes)
	}
}

// TestAffectsStats_Message checks that entries without effect cause no access.
func TestAffectsStats_Message(t *testing.T) {
	aggregator := &stats.Aggregator{} // a nil Store: any access panics
	for _, e := range []ticket.Entry{
		{Seq: 2, Kind: ticket.KindMessage, Author: ticket.Author{ID: "sara", Role: user.RoleUser}},
		{Seq: 2, Kind: ticket.KindNote, Author: ticket.Author{ID: "ali", Role: user.RoleSupport}},
		{Seq: 2, Kind: ticket.KindTitle, Change: &ticket.Change{Field: "title"}},
	} {
		if err := aggregator.ApplyEntry(t.Context(), e); err != nil {
			t.Error(err)
		}
	}
}

// TestNewReport checks the report of four tickets.
func TestNewReport(t *testing.T) {
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	var sum stats.Delta
	for i, c := range []struct {
		age      time.Duration // since creation
		replied  time.Duration // 0 for never
		category string
	}{{time.Hour, time.Minute, "a"}, {25 * time.Hour, time.Hour, "b"}, {80 * time.Hour, 0, "b"}, {10 * 24 * time.Hour, 10 * time.Hour, "b"}} {
		opened := now.Add(-c.age)
		log := []ticket.Entry{{TicketID: fmt.Sprint(i), Seq: 1, Kind: ticket.KindOpened, CreatedAt: opened, State: ticket.State{Status: ticket.StatusNew, CategoryID: c.category}}}
		if c.replied > 0 {
			log = append(log, ticket.Entry{
				TicketID: fmt.Sprint(i), Seq: 2, Kind: ticket.KindMessage, Author: ticket.Author{ID: "ali", Role: user.RoleAdmin},
				CreatedAt: opened.Add(c.replied), State: ticket.State{Status: ticket.StatusOpen, CategoryID: c.category},
			})
		}
		_, d := stats.Fold(stats.Checkpoint{}, log)
		sum.Add(d)
	}
	r := stats.NewReport(stats.Last30Days(now), now, stats.Snapshot{Days: sum.Days, Backlog: sum.Backlog})
	if len(r.Days) != 30 || r.Days[29].Day != "2026-03-20" || r.Days[29].Created != 1 || r.Days[0].Created != 0 {
		t.Errorf("days: got %+v", r.Days)
	}
	if want := (stats.Age{UnderDay: 1, UnderThree: 1, UnderWeek: 1, Older: 1}); r.Age != want {
		t.Errorf("age: got %+v, want %+v", r.Age, want)
	}
	if r.Status[ticket.StatusNew] != 1 || r.Status[ticket.StatusOpen] != 3 || len(r.Status) != 4 {
		t.Errorf("status: got %v", r.Status)
	}
	if want := []stats.Category{{ID: "b", Count: 3}, {ID: "a", Count: 1}}; !reflect.DeepEqual(r.Categories, want) {
		t.Errorf("categories: got %v", r.Categories)
	}
	near := func(what string, got, want int) {
		t.Helper()
		if diff := float64(got - want); diff > 0.03*float64(want) || -diff > 0.03*float64(want) {
			t.Errorf("%s: got %d, want about %d", what, got, want)
		}
	}
	near("median", r.FirstResponse.Median, 3600)
	near("p90", r.FirstResponse.P90, 36000)
	if r.FirstResponse.Count != 3 || r.Resolution != (stats.Percentiles{}) {
		t.Errorf("got %+v and %+v", r.FirstResponse, r.Resolution)
	}
}
