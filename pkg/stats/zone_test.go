package stats_test

import (
	"testing"
	"time"

	"ticketsystem/pkg/stats"
)

// TestStartOf checks that a date begins with its first instant, also where the clock is changed
// at midnight, and where a date is missing.
func TestStartOf(t *testing.T) {
	for _, c := range []struct{ zone, date, want string }{
		{"UTC", "2024-02-29", "2024-02-29T00:00:00Z"},
		{"Asia/Tehran", "2026-05-11", "2026-05-11T00:00:00+03:30"},
		{"Asia/Tehran", "2022-03-22", "2022-03-22T01:00:00+04:30"},
		{"Asia/Tehran", "2022-03-23", "2022-03-23T00:00:00+04:30"},
		{"Africa/Cairo", "2024-04-26", "2024-04-26T01:00:00+03:00"},
		{"Africa/Cairo", "2024-10-31", "2024-10-31T00:00:00+03:00"},
		{"America/Havana", "2024-03-10", "2024-03-10T01:00:00-04:00"},
		{"America/Havana", "2024-11-03", "2024-11-03T00:00:00-04:00"},
		{"America/Santiago", "2024-09-08", "2024-09-08T01:00:00-03:00"},
		{"America/Santiago", "2024-04-07", "2024-04-07T00:00:00-04:00"},
		{"Australia/Lord_Howe", "2024-04-07", "2024-04-07T00:00:00+11:00"},
		{"Europe/London", "2024-03-31", "2024-03-31T00:00:00Z"},
		{"Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
	} {
		zone, err := stats.LoadZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		date, err := time.Parse(time.DateOnly, c.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := stats.StartOf(date, zone).Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s: got %s, want %s", c.date, c.zone, got, c.want)
		}
	}
}

// TestStartOf_EveryDay checks that each day of changing clocks begins where the day before ends.
func TestStartOf_EveryDay(t *testing.T) {
	for _, name := range []string{"Africa/Cairo", "America/Havana", "America/Santiago", "Asia/Beirut", "Asia/Tehran", "Atlantic/Azores", "Pacific/Apia"} {
		zone, err := stats.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		for date := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC); date.Year() < 2025; date = date.AddDate(0, 0, 1) {
			start := stats.StartOf(date, zone)
			if before := stats.DateOf(start.Add(-time.Second), zone); !before.Before(date) || stats.DateOf(start, zone).Before(date) {
				t.Errorf("%s in %s: got %s", date.Format(time.DateOnly), name, start)
			}
		}
	}
}
