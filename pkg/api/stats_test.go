package api_test

import (
	"context"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same database everywhere

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fakeStats has one reply of each agent in one category.
type fakeStats struct {
	now      time.Time
	agents   []user.User
	category string
	period   stats.Period
}

func (f *fakeStats) StatsSnapshot(_ context.Context, p stats.Period) (stats.Snapshot, error) {
	f.period = p
	var sum stats.Delta
	for _, u := range f.agents {
		entries := []ticket.Entry{
			{TicketID: u.ID, Seq: 1, Kind: ticket.KindOpened, CreatedAt: f.now.Add(-time.Hour), State: ticket.State{CategoryID: "billing"}},
			{TicketID: u.ID, Seq: 2, Kind: ticket.KindMessage, Author: ticket.Author{ID: u.ID, Role: user.RoleSupport}, CreatedAt: f.now, State: ticket.State{CategoryID: "billing"}},
		}
		_, d := stats.Fold(stats.Checkpoint{}, entries, nil)
		sum.Add(d)
	}
	return stats.Snapshot{At: f.now, Slots: sum.Slots, CategoryNames: map[string]map[string]string{"billing": {"en": f.category}}}, nil
}

func (f *fakeStats) UsersByID(context.Context, []string) ([]user.User, error) { return f.agents, nil }

func boss() user.Principal { return user.Principal{UserID: oneID, Role: user.RoleAdmin} }

// TestGetStats_CSV checks that any name is one cell that no spreadsheet evaluates.
func TestGetStats_CSV(t *testing.T) {
	fx := newFixture(t)
	names := []string{"Ali", "=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\u200b=1", "＝1", "−1", `a"b,c`, "علی", "'=1", "a=1"}
	want := []string{"Ali", "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'  =1", "'\u200b=1", "'＝1", "'−1", `a"b,c`, "علی", "'=1", "a=1"}
	f := &fakeStats{now: fx.now, category: "=cmd|' /C calc'!A0"}
	for i, name := range names {
		f.agents = append(f.agents, user.User{ID: string(rune('a' + i)), Name: name})
	}
	got := fx.send(t, api.GetStats(f, time.UTC, func() time.Time { return fx.now }), boss(), newRequest(http.MethodGet, "/admin/stats", "").with("accept", "text/csv"))
	text, marked := strings.CutPrefix(got.text, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || got.headers["content-type"] != "text/csv; charset=utf-8; header=present" {
		t.Fatalf("got %d, %v, %v", got.status, err, got.headers)
	}
	var agents []string
	for _, row := range rows {
		switch row[0] {
		case "agent":
			agents = append(agents, row[2])
		case "category":
			if row[2] != "'=cmd|' /C calc'!A0" || row[3] != "13" {
				t.Errorf("got category %q", row)
			}
		}
	}
	if !slices.Equal(agents, want) {
		t.Errorf("got agents %q\nwant %q", agents, want)
	}
	if last := rows[len(rows)-1]; last[0] != "total" || last[3] != "13" || last[7] != "13" || last[8] != "13" || len(rows) != 1+30+1+13+1 {
		t.Errorf("got %d rows and the total %q", len(rows), last)
	}
}

// TestGetStats_Accept checks when the answer is CSV.
func TestGetStats_Accept(t *testing.T) {
	fx := newFixture(t)
	endpoint := api.GetStats(&fakeStats{now: fx.now}, time.UTC, func() time.Time { return fx.now })
	for accept, isCSV := range map[string]bool{
		"": false, "*/*": false, "application/json": false, "text/csv": true, "TEXT/CSV; charset=utf-8": true, "text/csv, */*;q=0.1": true,
		"application/json, text/csv": false, "text/csv, application/json": true, "text/csv;q=0.5, application/json": false,
		"text/csv;q=0": false, "text/csvx": false, "text/html, */*": false, "text/csv;q=x, ;": false,
	} {
		got := fx.send(t, endpoint, boss(), newRequest(http.MethodGet, "/admin/stats", "").with("accept", accept))
		if got.status != 200 || strings.HasPrefix(got.headers["content-type"], "text/csv") != isCSV {
			t.Errorf("%q: got %d %s", accept, got.status, got.headers["content-type"])
		}
	}
}

// TestGetStats_Period checks the days of requests in several time zones.
func TestGetStats_Period(t *testing.T) {
	fx := newFixture(t)
	fx.now = time.Date(2026, 3, 21, 21, 0, 0, 0, time.UTC)
	f := &fakeStats{now: fx.now}
	tehran, err := stats.LoadZone("Asia/Tehran")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := api.GetStats(f, tehran, func() time.Time { return fx.now })
	for query, want := range map[string]string{
		"":                                                "2026-02-21 2026-03-22 Asia/Tehran",
		"timezone=UTC":                                    "2026-02-20 2026-03-21 UTC",
		"timezone=America/New_York":                       "2026-02-20 2026-03-21 America/New_York",
		"from=2026-03-01&to=2026-03-01":                   "2026-03-01 2026-03-01 Asia/Tehran",
		"from=2026-03-01T20:29:59.9Z":                     "2026-03-01 2026-03-30 Asia/Tehran",
		"from=2026-03-01T20:30:00Z":                       "2026-03-02 2026-03-31 Asia/Tehran",
		"to=2026-03-02T00:00:00%2B03:30":                  "2026-02-01 2026-03-02 Asia/Tehran",
		"to=2026-03-02T00:00:00+03:30":                    "2026-02-01 2026-03-02 Asia/Tehran",
		"to=2021-09-21T20:30:00Z":                         "2021-08-24 2021-09-22 Asia/Tehran", // daylight saving time ended at 19:30
		"to=2021-09-21T19:30:00Z":                         "2021-08-23 2021-09-21 Asia/Tehran", // 23:00 for the second time
		"to=2026-03-01T18:15:00Z&timezone=Asia/Kathmandu": "2026-02-01 2026-03-02 Asia/Kathmandu",
	} {
		got := fx.send(t, endpoint, boss(), newRequest(http.MethodGet, "/admin/stats", "").query(query))
		if is := strings.Join([]string{stats.DayOf(f.period.From), stats.DayOf(f.period.To), f.period.Zone.String()}, " "); got.status != 200 || is != want {
			t.Errorf("%s: got %d, %s, want %s", query, got.status, is, want)
		}
	}
	for query, want := range map[string]string{
		"timezone=": "?timezone invalid", "timezone=Local": "?timezone invalid", "timezone=Asia/Teheran": "?timezone invalid",
		"from=9999-12-31": "?from out_of_range", "to=1969-12-31": "?to out_of_range", "to=2026-03-01T25:00:00Z": "?to invalid", "from=2026-03-01T10:00:00": "?from invalid",
	} {
		got := fx.send(t, endpoint, boss(), newRequest(http.MethodGet, "/admin/stats", "").query(query))
		if got.status != 400 || !slices.Equal(got.fieldErrors(), []string{want}) {
			t.Errorf("%s: got %d %v, want %s", query, got.status, got.fieldErrors(), want)
		}
	}
}
