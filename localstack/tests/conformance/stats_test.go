package conformance

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

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
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

// TestRecordSocket checks that a socket counts once, and not after it has expired.
func TestRecordSocket(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 1, 1, 10, 30, 0, 0, time.UTC) // no other test uses this time
	sockets := func(at time.Time) int {
		record, err := storeAt(at).StatsSnapshot(t.Context(), stats.Last30Days(at, time.UTC))
		must(t, err)
		return record.OpenSockets
	}
	for i := range 40 {
		for range 2 {
			must(t, openStore().RecordSocket(t.Context(), newID(), "", now.Add(time.Duration(i-1)*time.Minute), true))
		}
	}
	one := newID()
	for range 2 {
		must(t, openStore().RecordSocket(t.Context(), one, "", now.Add(time.Hour), true))
	}
	if got := sockets(now); got != 2*38+1 {
		t.Errorf("got %d open sockets, want %d", got, 2*38+1)
	}
	for range 2 {
		must(t, openStore().RecordSocket(t.Context(), one, "", now.Add(time.Hour), false))
	}
	if got := sockets(now.Add(10 * time.Minute)); got != 2*28 {
		t.Errorf("10 minutes later: got %d open sockets, want %d", got, 2*28)
	}
	ali, reza, dara := newID(), newID(), newID()
	must(t, openStore().RecordSocket(t.Context(), one, ali, now.Add(time.Hour), true))
	must(t, openStore().RecordSocket(t.Context(), newID(), reza, now.Add(time.Minute), true))
	must(t, openStore().RecordSocket(t.Context(), newID(), dara, now.Add(time.Hour), true))
	online := func(at time.Time) (is [3]bool) {
		snapshot, err := storeAt(at).AgentStats(t.Context())
		must(t, err)
		return [3]bool{snapshot.OnlineAgents[ali], snapshot.OnlineAgents[reza], snapshot.OnlineAgents[dara]}
	}
	if got := online(now); got != [3]bool{true, true, true} {
		t.Errorf("got online %v, want all", got)
	}
	must(t, openStore().RecordSocket(t.Context(), one, ali, now.Add(time.Hour), false))
	if got := online(now.Add(2 * time.Minute)); got != [3]bool{false, false, true} {
		t.Errorf("after a close and an expiry: got online %v, want only the last", got)
	}
}

// TestCurrentCounts follows one ticket of a customer through assignment, messages, read markers,
// resolution and deletion. Each change is counted twice.
func TestCurrentCounts(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 23)
	store, ali, reza, sara := w.store, w.ali, w.reza, w.sara
	service := w.service(store, w.tick)
	aggregator := &stats.Aggregator{Store: store}
	var ticketID string
	open, all := 1, 1
	check := func(what string, mine, unread, theirMine, theirUnread int) {
		t.Helper()
		for range 2 {
			log, err := store.ReadLogFrom(t.Context(), ticketID, 1)
			must(t, err)
			for _, e := range log.Entries {
				must(t, aggregator.ApplyEntry(t.Context(), e))
			}
			for reader, seq := range log.ReadMarkers {
				must(t, aggregator.ApplyReadMarker(t.Context(), ticket.ReadMarker{TicketID: ticketID, Seq: seq, Reader: ticket.Author{ID: reader, Role: user.RoleSupport}}))
			}
		}
		snapshot, err := store.TicketCounts(t.Context())
		must(t, err)
		_, counts, err := store.CustomerStats(t.Context(), sara.UserID)
		must(t, err)
		if got, want := stats.NewCustomerCounts(counts), (stats.CustomerCounts{Active: open, All: all}); got != want {
			t.Errorf("%s: got %+v of the customer, want %+v", what, got, want)
		}
		a, r := stats.NewTicketCounts(snapshot, ali.UserID), stats.NewTicketCounts(snapshot, reza.UserID)
		if got, want := [4]int{a.Mine, a.Unread, r.Mine, r.Unread}, [4]int{mine, unread, theirMine, theirUnread}; got != want {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	assign := func(to user.Principal) {
		t.Helper()
		_, err := service.Assign(t.Context(), ali, ticketID, newID(), to.UserID)
		must(t, err)
	}
	ticketID = openTicket(t, service, w.categoryIDs[0], sara)
	check("opened", 0, 0, 0, 0)
	assign(ali)
	check("assigned", 1, 0, 0, 0)
	posted := postMessage(t, service, sara, ticketID, "hello?")
	check("a message", 1, 1, 0, 0)
	must(t, service.MarkRead(t.Context(), ali, ticketID, posted.Seq))
	check("read", 1, 0, 0, 0)
	postMessage(t, service, ali, ticketID, "an answer")
	check("answered", 1, 0, 0, 0)
	postMessage(t, service, sara, ticketID, "thank you")
	assign(reza)
	check("passed on", 0, 0, 1, 1)
	assign(ali)
	check("and back", 1, 1, 0, 0)
	_, err := service.SetStatus(t.Context(), ali, ticketID, newID(), ticket.StatusResolved)
	must(t, err)
	open = 0
	check("resolved", 0, 0, 0, 0)
	postMessage(t, service, sara, ticketID, "not yet")
	open = 1
	check("reopened", 1, 1, 0, 0)
	must(t, aggregator.RemoveTicket(t.Context(), ticketID))
	open, all = 0, 0
	check("deleted", 0, 0, 0, 0)
}

// TestActivity_Pagination checks the order, newest first over several days, and that
// each entry is listed once.
func TestActivity_Pagination(t *testing.T) {
	t.Parallel()
	now := time.Date(2032, 1, 20, 23, 59, 59, 999_000_000, time.UTC) // no other test uses these days
	sara := customer("Sara")
	service, categoryID := newTicketService(t, openStore())
	at := now.AddDate(0, 0, -20)
	service.Now = func() time.Time { at = at.Add(13 * time.Hour); return at }
	ticketID := openTicket(t, service, categoryID, sara)
	for range 29 {
		postMessage(t, service, sara, ticketID, "hello")
	}
	for range 2 {
		for _, e := range readLog(t, onDynamo, ticketID).Entries {
			must(t, openStore().RecordActivity(t.Context(), e))
		}
	}
	var seqs []int
	cursor := ""
	for {
		page, next, err := storeAt(now).Activity(t.Context(), 7, cursor)
		must(t, err)
		for _, one := range page {
			if one.Title == "" {
				t.Errorf("entry %d has no title", one.Entry.Seq)
			}
			seqs = append(seqs, one.Entry.Seq)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if len(seqs) != 30 || seqs[0] != 30 || !slices.IsSortedFunc(seqs, func(a, b int) int { return b - a }) {
		t.Errorf("got %v, want 30 to 1", seqs)
	}
}

// statsCosts covers statistics updates by the stream, and reports.
func statsCosts() []costCase {
	var entry ticket.Entry
	apply := func(ctx context.Context, f *costFixture) error {
		return (&stats.Aggregator{Store: f.store}).ApplyEntry(ctx, entry)
	}
	return []costCase{
		{name: "statistics: a new ticket", golden: cost{2, 1, 8}, run: apply, prepare: func(ctx context.Context, f *costFixture) error {
			tk, _, err := f.unmetered.Create(ctx, f.sara, f.createParams())
			if err == nil {
				entry = ticket.Entry{TicketID: tk.ID, Seq: 1, Kind: ticket.KindOpened}
			}
			return err
		}},
		{name: "statistics: repeated", golden: cost{1, 1, 0}, run: apply},
		{name: "statistics: a first response", golden: cost{2, 1, 12}, run: apply, prepare: func(ctx context.Context, f *costFixture) error {
			posted, err := f.unmetered.Post(ctx, f.ali, ticket.Message{TicketID: entry.TicketID, ClientID: newID(), Body: sampleReply})
			entry = posted.Entry
			return err
		}},
		{name: "statistics: another response", golden: cost{2, 1, 4}, run: apply, prepare: func(ctx context.Context, f *costFixture) error {
			posted, err := f.unmetered.Post(ctx, f.ali, ticket.Message{TicketID: entry.TicketID, ClientID: newID(), Body: sampleReply})
			entry = posted.Entry
			return err
		}},
		{name: "activity: an entry", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error { return f.store.RecordActivity(ctx, entry) }},
		{name: "activity: a socket", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.RecordSocket(ctx, newID(), "", app.Now().Add(time.Hour), true)
		}},
		{name: "numbers of tickets", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.TicketCounts(ctx)
			return err
		}},
		{name: "numbers of tickets of a customer", golden: cost{1, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.store.CustomerStats(ctx, f.sara.UserID)
			return err
		}},
		{name: "report of a month", budget: "1 / 1 / 0", golden: cost{1, 0.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.StatsSnapshot(ctx, stats.Last30Days(app.Now(), time.UTC))
			return err
		}},
		{name: "report of a month in a time zone", golden: cost{2, 1, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, err := f.store.StatsSnapshot(ctx, stats.Last30Days(app.Now(), time.FixedZone("", 12_600)))
			return err
		}},
		{name: "activity (20)", golden: cost{2, 11, 0}, run: func(ctx context.Context, f *costFixture) error {
			page, _, err := f.store.Activity(ctx, 20, "")
			if err == nil && len(page) != 20 {
				err = fmt.Errorf("got %d entries", len(page))
			}
			return err
		}, prepare: func(ctx context.Context, f *costFixture) error {
			log, err := openStore().ReadLogFrom(ctx, f.ticketID, f.lastSeq-20)
			for _, e := range log.Entries {
				e.CreatedAt = app.Now().Add(time.Minute) // newer than the activity of other tests
				err = errors.Join(err, openStore().RecordActivity(ctx, e))
			}
			return err
		}},
	}
}

// TestCountsPush checks that of several rounds only the newest is claimed, once per interval.
func TestCountsPush(t *testing.T) {
	t.Parallel()
	w := newEmptyWorkload(t, 24)
	at := workloadStart()
	store := dynamo.New(env.config, w.tableName, func() time.Time { return at })
	request := func(after int) {
		t.Helper()
		must(t, store.RequestCountsPush(t.Context(), after))
	}
	claim := func(round int, want bool) {
		t.Helper()
		if got, err := store.ClaimCountsPush(t.Context(), round, 2*time.Second); err != nil || got != want {
			t.Errorf("round %d: got %v, %v, want %v", round, got, err, want)
		}
	}
	request(0)
	request(0)
	claim(1, false) // not the newest
	request(1)      // so it starts no other
	claim(3, false)
	claim(2, true)
	claim(2, false)
	request(2) // claimed
	claim(3, false)
	request(0)
	claim(3, false) // too early
	request(3)
	at = at.Add(2 * time.Second)
	claim(3, false)
	claim(4, true)
}
