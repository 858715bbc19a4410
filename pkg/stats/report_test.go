package stats_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

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
		log := []ticket.Entry{{TicketID: fmt.Sprint(i), Seq: 1, Kind: ticket.KindOpened, Author: ticket.Author{ID: "sara"}, CreatedAt: opened, State: ticket.State{Status: ticket.StatusNew, CategoryID: c.category}}}
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

// TestNewReport_Agent checks that what an agent does counts once for the agent and once for the
// category: replies for the agent alone, and a ticket that the agent opens for the category. The
// counts of days from before both were in one slot have the same sums.
func TestNewReport_Agent(t *testing.T) {
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	ali := ticket.Author{ID: "ali", Role: user.RoleSupport}
	entry := func(seq int, kind ticket.Kind, status ticket.Status) ticket.Entry {
		return ticket.Entry{TicketID: "t", Seq: seq, Kind: kind, Author: ali, CreatedAt: now.Add(time.Duration(seq-10) * time.Hour), State: ticket.State{Status: status, CategoryID: "a"}}
	}
	opened := entry(1, ticket.KindOpened, ticket.StatusNew)
	opened.Opening = &ticket.Opening{Customer: ticket.UserRef{ID: "sara"}}
	log := []ticket.Entry{opened, entry(2, ticket.KindMessage, ticket.StatusOpen), entry(3, ticket.KindMessage, ticket.StatusOpen), entry(4, ticket.KindStatus, ticket.StatusResolved)}
	_, d := stats.Fold(stats.Checkpoint{}, log, nil)
	before := map[stats.Slot]stats.Counts{}
	for slot, counts := range d.Slots {
		if slot.CategoryID != "" && slot.AgentID != "" {
			agent := slot
			slot.AgentID, agent.CategoryID = "", ""
			before[agent] = maps.Clone(counts)
			maps.DeleteFunc(before[agent], func(name string, _ int) bool { return strings.HasSuffix(name, "_created") })
			counts = maps.Clone(counts)
			maps.DeleteFunc(counts, func(name string, _ int) bool { return strings.HasSuffix(name, "_replies") })
		}
		if before[slot] == nil {
			before[slot] = stats.Counts{}
		}
		before[slot].Add(counts)
	}
	for name, slots := range map[string]map[stats.Slot]stats.Counts{"together": d.Slots, "apart": before} {
		for _, period := range []stats.Period{stats.Last30Days(now, time.UTC), stats.Last30Days(now, time.FixedZone("", 5*3600))} {
			r := stats.NewReport(period, stats.Snapshot{At: now, Slots: slots})
			agent, category, today := r.Agents[0], r.Categories[0], r.Days[len(r.Days)-1]
			if len(r.Agents) != 1 || agent.ID != "ali" || agent.Created != 0 || agent.Replies != 2 || agent.Resolved != 1 || agent.FirstResponse.Count != 1 || agent.Resolution.Count != 1 {
				t.Errorf("%s: agents: got %+v", name, r.Agents)
			}
			if len(r.Categories) != 1 || category.ID != "a" || category.Created != 1 || category.Replies != 0 || category.Resolved != 1 || category.FirstResponse.Count != 1 {
				t.Errorf("%s: categories: got %+v", name, r.Categories)
			}
			if r.Total.Created != 1 || r.Total.Replies != 0 || r.Total.Resolved != 1 || r.Total.Resolution.Count != 1 || today.Created != 1 || today.Resolved != 1 {
				t.Errorf("%s: got %+v in all, %+v today", name, r.Total, today)
			}
		}
	}
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
