package conformance

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// storeAt returns the store with its clock fixed.
func storeAt(now time.Time) *dynamo.Store {
	return dynamo.New(env.config, env.table, func() time.Time { return now })
}

// dailyReport returns the report of one day. Tests share a table, so each test counts
// on past days of its own.
func dailyReport(t *testing.T, day time.Time) stats.Report {
	t.Helper()
	now := day.Add(12 * time.Hour)
	p := stats.Period{From: day, To: day, Zone: time.UTC}
	record, err := storeAt(now).StatsSnapshot(t.Context(), p)
	must(t, err)
	return stats.NewReport(p, record)
}

// TestStats_ExactlyOnce passes every entry of random tickets twice, in random order, to
// concurrent aggregators. The day's statistics and the first responses must equal those
// of the logs.
func TestStats_ExactlyOnce(t *testing.T) {
	t.Parallel()
	day := time.Date(2019, 5, 6, 0, 0, 0, 0, time.UTC)
	service, categoryID := newTicketService(t, openStore())
	service.Now = func() time.Time { return day.Add(3 * time.Hour) }
	rng := rand.New(rand.NewPCG(5, 5))
	var hints []ticket.Entry
	var want stats.Day
	answered := 0
	for range 6 {
		sara := customer("Sara")
		ticketID := openTicket(t, service, categoryID, sara)
		runRandomActivity(t, rng, service, ticketID, sara, 15)
		log := readLog(t, onDynamo, ticketID).Entries
		hints = append(hints, log...)
		countLog(&want, &answered, log)
	}
	hints = append(hints, hints...)
	rng.Shuffle(len(hints), func(i, j int) { hints[i], hints[j] = hints[j], hints[i] })
	var wg sync.WaitGroup
	for part := range slices.Chunk(hints, (len(hints)+3)/4) {
		aggregator := &stats.Aggregator{Store: openStore()}
		wg.Go(func() {
			for _, e := range part {
				if err := aggregator.ApplyEntry(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	r := dailyReport(t, day)
	want.Day = "2019-05-06"
	if r.Days[0] != want {
		t.Errorf("got %+v, want %+v", r.Days[0], want)
	}
	if r.Total.FirstResponse.Count != answered {
		t.Errorf("got %d first responses, want %d", r.Total.FirstResponse.Count, answered)
	}
}

// TestStats_TimeZone checks on which days of several time zones a ticket counts that was opened
// at 20:20 UTC, answered at 20:40 and resolved at 18:20 of the next day.
func TestStats_TimeZone(t *testing.T) {
	t.Parallel()
	opened := time.Date(2019, 7, 8, 20, 20, 0, 0, time.UTC)
	at := opened
	service, categoryID := newTicketService(t, openStore())
	service.Now = func() time.Time { return at }
	ali := agent("Ali")
	ticketID := openTicket(t, service, categoryID, customer("Sara"))
	at = opened.Add(20 * time.Minute)
	postMessage(t, service, ali, ticketID, "hello")
	at = opened.Add(22 * time.Hour)
	_, err := service.SetStatus(t.Context(), ali, ticketID, newID(), ticket.StatusResolved)
	must(t, err)
	for _, e := range readLog(t, onDynamo, ticketID).Entries {
		must(t, (&stats.Aggregator{Store: openStore()}).ApplyEntry(t.Context(), e))
	}
	for name, days := range map[string][3]int{ // of July
		"UTC": {8, 8, 9}, "Asia/Tehran": {9, 9, 9}, "Asia/Kathmandu": {9, 9, 10}, "Asia/Kabul": {9, 9, 9}, "Asia/Karachi": {9, 9, 9}, "Europe/Moscow": {8, 8, 9}, "Asia/Dubai": {9, 9, 9}, "Pacific/Kiritimati": {9, 9, 10}, "Pacific/Pago_Pago": {8, 8, 9},
		"Etc/GMT-3": {8, 8, 9}, "Pacific/Chatham": {9, 9, 10},
	} {
		zone, err := stats.LoadZone(name)
		must(t, err)
		for day := 7; day <= 11; day++ {
			date := time.Date(2019, 7, day, 0, 0, 0, 0, time.UTC)
			p := stats.Period{From: date, To: date, Zone: zone}
			snapshot, err := openStore().StatsSnapshot(t.Context(), p)
			must(t, err)
			r := stats.NewReport(p, snapshot)
			got := [4]int{r.Days[0].Created, r.Total.FirstResponse.Count, r.Days[0].Resolved, r.Total.Resolution.Count}
			want := [4]int{count(days[0] == day), count(days[1] == day), count(days[2] == day), count(days[2] == day)}
			if got != want {
				t.Errorf("%s, July %d: got %v, want %v", name, day, got, want)
			}
			if len(r.Agents) > 0 && (r.Agents[0].ID != ali.UserID || r.Agents[0].Replies != want[1] || r.Agents[0].Resolved != want[2]) {
				t.Errorf("%s, July %d: got agents %+v", name, day, r.Agents)
			}
		}
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// TestApplyStats_Conflict checks that of two updates from the same state one is
// rejected.
func TestApplyStats_Conflict(t *testing.T) {
	t.Parallel()
	service, categoryID := newTicketService(t, openStore())
	service.Now = func() time.Time { return time.Date(2019, 4, 5, 3, 0, 0, 0, time.UTC) }
	ticketID := openTicket(t, service, categoryID, customer("Sara"))
	for _, what := range []string{"opened", "answered"} {
		was, log, err := openStore().StatsCheckpoint(t.Context(), ticketID, 1)
		must(t, err)
		update := stats.Update{Before: was}
		update.After, update.Delta = stats.Fold(was, log.Entries, log.ReadMarkers)
		for _, second := range []bool{false, true} {
			if conflicts, err := openStore().ApplyStats(t.Context(), []stats.Update{update}); err != nil || conflicts[0] != second {
				t.Errorf("%s, second update %v: got conflict %v, %v", what, second, conflicts, err)
			}
		}
		postMessage(t, service, agent("Ali"), ticketID, "hello")
	}
}

// countLog counts the events of one log.
func countLog(d *stats.Day, answered *int, log []ticket.Entry) {
	was, replied := ticket.Status(""), false
	d.Created++
	for _, e := range log {
		now := e.State.Status
		switch {
		case now == was:
		case now == ticket.StatusResolved:
			d.Resolved++
		case now == ticket.StatusClosed:
			d.Closed++
		case was == ticket.StatusResolved || was == ticket.StatusClosed:
			d.Reopened++
		}
		if e.Kind == ticket.KindMessage && e.Author.Role.IsStaff() && !replied {
			replied = true
			*answered++
		}
		was = now
	}
}

// TestStats_DeletedTicket checks that a deleted ticket is removed from the backlog's
// age once.
func TestStats_DeletedTicket(t *testing.T) {
	t.Parallel()
	day := time.Date(2035, 6, 7, 0, 0, 0, 0, time.UTC) // the tickets of other tests are older
	service, categoryID := newTicketService(t, openStore())
	service.Now = func() time.Time { return day.Add(3 * time.Hour) }
	aggregator := &stats.Aggregator{Store: openStore()}
	var tickets []string
	for range 2 {
		ticketID := openTicket(t, service, categoryID, customer("Sara"))
		tickets = append(tickets, ticketID)
		for range 2 {
			must(t, aggregator.ApplyEntry(t.Context(), readLog(t, onDynamo, ticketID).Entries[0]))
		}
	}
	if got := dailyReport(t, day).Age.UnderDay; got != 2 {
		t.Errorf("got %d recent tickets, want 2", got)
	}
	for range 2 {
		must(t, aggregator.RemoveTicket(t.Context(), tickets[0]))
		must(t, aggregator.ApplyEntry(t.Context(), readLog(t, onDynamo, tickets[0]).Entries[0]))
	}
	if r := dailyReport(t, day); r.Age.UnderDay != 1 || r.Days[0].Created != 2 {
		t.Errorf("got %d recent tickets of %d, want 1 of 2", r.Age.UnderDay, r.Days[0].Created)
	}
}
