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
	_ "time/tzdata" // the same database everywhere

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
	state := ticket.State{Status: ticket.StatusNew, Priority: ticket.PriorityHigh, CategoryID: "billing"}
	log := []ticket.Entry{{
		TicketID: ticketID, Seq: 1, Kind: ticket.KindOpened, Author: authors[0], CreatedAt: at, State: state,
		Opening: &ticket.Opening{Category: ticket.Category{ID: "billing", Names: map[string]string{"en": "Billing"}}},
	}}
	for seq := 2; seq <= n; seq++ {
		at = at.Add(time.Duration(rng.IntN(20*3600)) * time.Second)
		e := ticket.Entry{TicketID: ticketID, Seq: seq, Author: authors[rng.IntN(3)], CreatedAt: at}
		switch kind := rng.IntN(8); kind {
		case 0, 1:
			to := statuses[rng.IntN(len(statuses))]
			e.Kind, e.Change = ticket.KindStatus, &ticket.Change{Field: "status", From: string(state.Status), To: string(to)}
			state.Status = to
		case 2:
			state.CategoryID = []string{"billing", "technical"}[rng.IntN(2)]
			e.Kind, e.Change = ticket.KindCategory, &ticket.Change{Field: "category", To: state.CategoryID}
		case 3:
			e.Kind = ticket.KindNote
		case 4:
			state.AssigneeID = []string{"ali", "reza", ""}[rng.IntN(3)]
			e.Kind, e.Change = ticket.KindAssignment, &ticket.Change{Field: "assignee", To: state.AssigneeID}
		case 5:
			state.Priority = []ticket.Priority{ticket.PriorityLow, ticket.PriorityUrgent}[rng.IntN(2)]
			e.Kind, e.Change = ticket.KindPriority, &ticket.Change{Field: "priority", To: string(state.Priority)}
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

// model counts the totals of a period directly from the logs.
type model struct {
	period stats.Period
	totals map[string]int
}

func (m model) event(e ticket.Entry, name string) {
	if date := stats.DateOf(e.CreatedAt, m.period.Zone); !date.Before(m.period.From) && !date.After(m.period.To) {
		m.totals[name]++
	}
}

func modelTotals(logs map[string][]ticket.Entry, p stats.Period) map[string]int {
	m := model{p, map[string]int{}}
	for _, log := range logs {
		m.countEvents(log)
		m.countCurrent(log)
	}
	return m.totals
}

func (m model) countEvents(log []ticket.Entry) {
	was, replied, ended := ticket.Status(""), false, false
	for _, e := range log {
		day, now := stats.DayOf(stats.DateOf(e.CreatedAt, m.period.Zone)), e.State.Status
		byAli := e.Author.ID == "ali"
		if was == "" {
			m.event(e, day+" created")
			m.event(e, "created in "+e.State.CategoryID)
		}
		switch {
		case now == was:
		case !now.IsActive():
			m.event(e, day+" "+string(now))
			m.event(e, string(now)+" in "+e.State.CategoryID)
			if byAli {
				m.event(e, string(now)+" of ali")
			}
		case was == ticket.StatusResolved || was == ticket.StatusClosed:
			m.event(e, day+" reopened")
		}
		if e.Kind == ticket.KindMessage && byAli {
			m.event(e, "replies of ali")
			if !replied {
				replied = true
				m.event(e, "responses")
			}
		}
		if !now.IsActive() && !ended {
			ended = true
			m.event(e, "resolutions")
			if byAli {
				m.event(e, "resolutions of ali")
			}
		}
		was = now
	}
}

func (m model) countCurrent(log []ticket.Entry) {
	last := log[len(log)-1].State
	m.totals["all "+string(last.Status)]++
	m.totals["all of sara"]++
	if !last.Status.IsActive() {
		return
	}
	for _, name := range []string{string(last.Status), "in " + last.CategoryID, "active", "open of sara", "priority " + string(last.Priority), "held by " + last.AssigneeID} {
		m.totals[name]++
	}
	for _, e := range log {
		if last.AssigneeID != "" && e.IsMessage() && e.Author.ID != last.AssigneeID && e.Seq > readMarkers()[last.AssigneeID] {
			m.totals["unread by "+last.AssigneeID]++
			break
		}
	}
}

func readMarkers() map[string]int { return map[string]int{"ali": 4} }

// reportTotals returns the totals of a report and of the current counts.
func reportTotals(snap stats.Snapshot, p stats.Period) map[string]int {
	out := map[string]int{}
	r := stats.NewReport(p, snap)
	for _, d := range r.Days {
		out[d.Day+" created"], out[d.Day+" resolved"], out[d.Day+" closed"], out[d.Day+" reopened"] = d.Created, d.Resolved, d.Closed, d.Reopened
	}
	for _, c := range r.Categories {
		out["created in "+c.ID], out["resolved in "+c.ID], out["closed in "+c.ID] = c.Created, c.Resolved, c.Closed
	}
	for _, a := range r.Agents {
		out["resolved of "+a.ID], out["closed of "+a.ID], out["replies of "+a.ID], out["resolutions of "+a.ID] = a.Resolved, a.Closed, a.Replies, a.Resolution.Count
	}
	for status, n := range r.Status {
		out[string(status)] = n
	}
	for _, c := range r.Backlog {
		out["in "+c.ID] = c.Count
	}
	out["responses"], out["resolutions"] = r.Total.FirstResponse.Count, r.Total.Resolution.Count
	out["active"] = r.Age.UnderDay + r.Age.UnderThree + r.Age.UnderWeek + r.Age.Older
	ali, reza := stats.NewTicketCounts(snap, "ali"), stats.NewTicketCounts(snap, "reza")
	for status, n := range ali.ByStatus {
		out["all "+string(status)] = n
	}
	for priority, n := range ali.ByPriority {
		out["priority "+string(priority)] = n
	}
	out["held by ali"], out["held by reza"], out["held by "] = ali.Mine, reza.Mine, ali.Unassigned
	out["unread by ali"], out["unread by reza"] = ali.Unread, reza.Unread
	sara := stats.NewCustomerCounts(snap.Slots[stats.Slot{CustomerID: "sara"}])
	out["all of sara"], out["open of sara"] = sara.All, sara.Active
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
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

func (store *flakyStore) StatsCheckpoint(_ context.Context, ticketID string, seq int) (stats.Checkpoint, ticket.Log, error) {
	store.mu.Lock()
	defer store.mu.Unlock()
	log := store.logs[ticketID]
	return store.checkpoints[ticketID], ticket.Log{Entries: log[min(seq-1, len(log)):], ReadMarkers: readMarkers()}, nil
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

// periodUntil returns the days from start to a time.
func periodUntil(now time.Time, zone *time.Location) stats.Period {
	return stats.Period{From: stats.DateOf(start, zone), To: stats.DateOf(now, zone), Zone: zone}
}

// checkPeriods compares the statistics with the logs: over all days, and day by day, in several
// time zones.
func checkPeriods(t *testing.T, store *flakyStore, now time.Time, zones ...string) {
	t.Helper()
	for _, name := range zones {
		zone, err := stats.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		all := periodUntil(now, zone)
		periods := []stats.Period{all}
		for date := all.From; !date.After(all.To); date = date.AddDate(0, 0, 1) {
			periods = append(periods, stats.Period{From: date, To: date, Zone: zone})
		}
		for _, p := range periods {
			if got, want := reportTotals(store.snapshot(now), p), modelTotals(store.logs, p); !maps.Equal(got, want) {
				t.Fatalf("%s, %s to %s: got %v\nwant %v", name, stats.DayOf(p.From), stats.DayOf(p.To), got, want)
			}
		}
	}
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
	now := start.Add(100 * time.Hour)
	r := stats.NewReport(periodUntil(now, time.UTC), store.snapshot(now))
	days := 0
	for _, d := range r.Days {
		days += d.Created
	}
	if r.Status[ticket.StatusNew] != 1 || r.Status[ticket.StatusOpen] != 0 || days != 2 || r.Total.FirstResponse.Count != 0 {
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
			Change: &ticket.Change{Field: "status"}, State: ticket.State{Status: to, Priority: ticket.PriorityHigh, CategoryID: "billing"},
		})
	}
	store.logs["a"] = log
	if err := (&stats.Aggregator{Store: store}).ApplyEntry(t.Context(), log[100]); err != nil {
		t.Fatal(err)
	}
	checkPeriods(t, store, start.AddDate(0, 0, 110), "UTC", "Asia/Tehran")
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
		_, d := stats.Fold(stats.Checkpoint{}, log, nil)
		sum.Add(d)
	}
	r := stats.NewReport(stats.Last30Days(now, time.UTC), stats.Snapshot{At: now, Slots: sum.Slots, Backlog: sum.Backlog})
	if len(r.Days) != 30 || r.Days[29].Day != "2026-03-20" || r.Days[29].Created != 1 || r.Days[0].Created != 0 {
		t.Errorf("days: got %+v", r.Days)
	}
	if want := (stats.Age{UnderDay: 1, UnderThree: 1, UnderWeek: 1, Older: 1}); r.Age != want {
		t.Errorf("age: got %+v, want %+v", r.Age, want)
	}
	if r.Status[ticket.StatusNew] != 1 || r.Status[ticket.StatusOpen] != 3 || len(r.Status) != 4 {
		t.Errorf("status: got %v", r.Status)
	}
	if want := []stats.Category{{ID: "b", Count: 3}, {ID: "a", Count: 1}}; !reflect.DeepEqual(r.Backlog, want) {
		t.Errorf("categories: got %v", r.Backlog)
	}
	near := func(what string, got, want int) {
		t.Helper()
		if diff := float64(got - want); diff > 0.03*float64(want) || -diff > 0.03*float64(want) {
			t.Errorf("%s: got %d, want about %d", what, got, want)
		}
	}
	near("median", r.Total.FirstResponse.Median, 3600)
	near("p90", r.Total.FirstResponse.P90, 36000)
	if r.Total.FirstResponse.Count != 3 || r.Total.Resolution != (stats.Percentiles{}) {
		t.Errorf("got %+v and %+v", r.Total.FirstResponse, r.Total.Resolution)
	}
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

func TestPeriod_PartialDays_AnyHour(t *testing.T) {
	for _, offset := range []time.Duration{3*time.Hour + 30*time.Minute, 14 * time.Hour, -11 * time.Hour, 15 * time.Minute} {
		zone := time.FixedZone("", int(offset.Seconds()))
		for quarterHour := range 96 {
			now := time.Date(2026, time.November, 28, 0, 15*quarterHour+7, 0, 0, time.UTC)
			days := stats.Last30Days(now, zone).PartialDays(now)
			if len(days) != 1 || !days[0].Before(now.AddDate(0, 0, -28)) {
				t.Errorf("offset %v at %v: got %v, want only the first day", offset, now.Format(time.TimeOnly), days)
			}
		}
	}
}

func TestLoadZone(t *testing.T) {
	for _, name := range []string{"UTC", "GMT", "Etc/GMT+3", "Asia/Tehran", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"} {
		if zone, err := stats.LoadZone(name); err != nil || zone.String() != name {
			t.Errorf("%s: got %v, %v", name, zone, err)
		}
	}
	for _, name := range []string{"", "Local", "Factory", "asia/tehran", "Asia", "Asia/", "Asia/Nowhere", "Asia//Tehran", "Asia/./Tehran", "../Asia/Tehran", "/etc/localtime", "posix/Asia/Tehran", "+03:30", "UTC\x00", "tzdata.zi"} {
		if zone, err := stats.LoadZone(name); err == nil {
			t.Errorf("%q: got %v, want an error", name, zone)
		}
	}
}
