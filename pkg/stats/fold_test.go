package stats_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestFold_ManyCategories checks that the backlog and the items of one update stay small, however
// many categories were used.
func TestFold_ManyCategories(t *testing.T) {
	log := []ticket.Entry{{TicketID: "a", Seq: 1, Kind: ticket.KindOpened, Author: ticket.Author{ID: "sara"}, State: ticket.State{Status: ticket.StatusNew, CategoryID: "0"}}}
	for i := 2; i <= 1_000; i++ {
		to := fmt.Sprint(i)
		log = append(log, ticket.Entry{
			TicketID: "a", Seq: i, Kind: ticket.KindCategory, Author: ticket.Author{ID: "ali", Role: user.RoleSupport},
			Change: &ticket.Change{Field: "category", To: to, Names: map[string]string{"en": to}},
			State:  ticket.State{Status: ticket.StatusNew, CategoryID: to},
		})
	}
	var sum stats.Delta
	for c := (stats.Checkpoint{}); c.LastSeq < len(log); {
		var d stats.Delta
		if c, d = stats.Fold(c, log, nil); len(d.Slots) > 20 {
			t.Fatalf("up to entry %d: got %d items in one update", c.LastSeq, len(d.Slots))
		}
		sum.Add(d)
	}
	active := stats.NewTicketCounts(stats.Snapshot{Slots: sum.Slots, CategoryNames: sum.CategoryNames}, "").ByCategory
	if len(sum.Backlog) > 20 || len(active) != 1 || active[0].Count != 1 || active[0].Names["en"] != "1000" {
		t.Errorf("got a backlog of %d counts, categories %+v", len(sum.Backlog), active)
	}
}

// TestFold_NamedCategories checks that the slots of named categories stay in a sum without counts of
// them, because their names are stored there, and that other slots do not.
func TestFold_NamedCategories(t *testing.T) {
	named := func(id string) map[string]string { return map[string]string{"en": id} }
	closed := ticket.State{Status: ticket.StatusClosed, CategoryID: "b"}
	_, d := stats.Fold(stats.Checkpoint{}, []ticket.Entry{
		{
			TicketID: "t", Seq: 1, Kind: ticket.KindOpened, Author: ticket.Author{ID: "sara"}, Opening: &ticket.Opening{Category: ticket.Category{ID: "a", Names: named("a")}},
			State: ticket.State{Status: ticket.StatusNew, CategoryID: "a"},
		},
		{TicketID: "t", Seq: 2, Kind: ticket.KindStatus, Change: &ticket.Change{Field: "status"}, State: ticket.State{Status: ticket.StatusClosed, CategoryID: "a"}},
		{TicketID: "t", Seq: 3, Kind: ticket.KindCategory, Change: &ticket.Change{Field: "category", To: "b", Names: named("b")}, State: closed},
		{TicketID: "t", Seq: 4, Kind: ticket.KindCategory, Change: &ticket.Change{Field: "category", To: "b"}, State: closed}, // without names
	}, nil)
	var sum stats.Delta
	sum.Add(d)
	sum.Add(d.Negate())
	want := map[stats.Slot]stats.Counts{{CategoryID: "a"}: {}, {CategoryID: "b"}: {}}
	if !reflect.DeepEqual(sum.Slots, want) || sum.CategoryNames["a"]["en"] != "a" || sum.CategoryNames["b"]["en"] != "b" || !sum.IsEmpty() || d.IsEmpty() {
		t.Errorf("got %+v, want the slots of a and b with their names", sum)
	}
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
