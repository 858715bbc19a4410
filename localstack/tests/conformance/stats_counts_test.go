package conformance

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

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

// TestPublishRounds checks that of several rounds only the newest is claimed, once per interval.
func TestPublishRounds(t *testing.T) {
	t.Parallel()
	w := newEmptyWorkload(t, 24)
	at := workloadStart()
	store := dynamo.New(env.config, w.tableName, func() time.Time { return at })
	request := func(after int) {
		t.Helper()
		must(t, store.RequestPublish(t.Context(), "", after, 2*time.Second))
	}
	claim := func(round int, want bool) {
		t.Helper()
		if got, err := store.ClaimPublish(t.Context(), "", round, time.Time{}, 2*time.Second); err != nil || got != want {
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
	request(0) // round 4 is open for longer, so it needs no other
	at = at.Add(2 * time.Second)
	claim(3, false)
	claim(4, true)
	claim(0, false) // too early for a push without a round
	request(0)
	at = at.Add(2 * time.Second)
	claim(0, true) // also for round 5
	at = at.Add(2 * time.Second)
	claim(5, false)
	request(5)
	claim(6, false)
	claim(0, true)
}

// TestApplyStats_ManyCategories checks that no item of the statistics grows with the number of
// categories, and that a report has the names of all.
func TestApplyStats_ManyCategories(t *testing.T) {
	t.Parallel()
	w := newWorkload(t, 21)
	const categories = 200
	name := strings.Repeat("\u0645", 80) // the longest
	for first := 0; first < categories; first += 20 {
		var updates []stats.Update
		for i := first; i < first+20; i++ {
			id := fmt.Sprintf("category-%026d", i)
			d := stats.Delta{
				Slots:         map[stats.Slot]stats.Counts{{CategoryID: id}: {"t_open": 1}},
				Backlog:       stats.Counts{"s_new": 1},
				CategoryNames: map[string]map[string]string{id: {"en": name, "fa": name}},
			}
			updates = append(updates, stats.Update{After: stats.Checkpoint{TicketID: newID(), LastSeq: 1}, Delta: d})
		}
		refused, err := w.store.ApplyStats(t.Context(), updates)
		must(t, err)
		if len(refused) > 0 {
			t.Fatalf("got %v refused", refused)
		}
	}
	for k, it := range w.items(t) {
		if size := len(fmt.Sprint(it)); strings.HasPrefix(k, "STAT") && size > 1_000 {
			t.Errorf("%s has %d bytes", k, size)
		}
	}
	counts, err := w.store.TicketCounts(t.Context())
	must(t, err)
	byCategory := stats.NewTicketCounts(counts, "").ByCategory
	if len(byCategory) != categories || byCategory[0].Count != 1 || byCategory[categories-1].Names["fa"] != name {
		t.Errorf("got %d categories, want %d with their names", len(byCategory), categories)
	}
}

// TestCountStore_CategoryNames checks that counts have the current name of a category, and the last
// known one of a deleted category.
func TestCountStore_CategoryNames(t *testing.T) {
	t.Parallel()
	w := newEmptyWorkload(t, 22)
	names := func(name string) map[string]string { return map[string]string{"en": name, "fa": name} }
	renamed, deleted := newID(), newID()
	must(t, w.store.SaveCategory(t.Context(), category.Category{ID: renamed, Names: names("Payments"), Active: true}))
	var updates []stats.Update
	for _, id := range []string{renamed, deleted} {
		d := stats.Delta{
			Slots:         map[stats.Slot]stats.Counts{{CategoryID: id}: {"t_open": 1}},
			Backlog:       stats.Counts{"s_new": 1},
			CategoryNames: map[string]map[string]string{id: names("Refunds")},
		}
		updates = append(updates, stats.Update{After: stats.Checkpoint{TicketID: newID(), LastSeq: 1}, Delta: d})
	}
	_, err := w.store.ApplyStats(t.Context(), updates)
	must(t, err)
	counts := app.CountStore{Store: w.store, Categories: category.NewCache(w.store, fixedNow)}
	snapshot, err := counts.TicketCounts(t.Context())
	must(t, err)
	report, err := counts.StatsSnapshot(t.Context(), stats.Period{From: fixedNow(), To: fixedNow(), Zone: time.UTC})
	must(t, err)
	for _, got := range []map[string]map[string]string{snapshot.CategoryNames, report.CategoryNames} {
		if len(got) != 2 || got[renamed]["en"] != "Payments" || got[deleted]["fa"] != "Refunds" {
			t.Errorf("got %v, want the current name of %s and the former one of %s", got, renamed, deleted)
		}
	}
}
