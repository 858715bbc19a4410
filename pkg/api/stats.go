package api

import (
	"context"
	"strings"
	"time"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// StatsStore reads ticket statistics.
type StatsStore interface {
	// StatsSnapshot returns the events of a period and the current backlog.
	StatsSnapshot(ctx context.Context, p stats.Period) (stats.Snapshot, error)

	// UsersByID returns the users with the ids that exist.
	UsersByID(ctx context.Context, ids []string) ([]user.User, error)
}

type statsView struct {
	From          string              `json:"from"`
	To            string              `json:"to"`
	Timezone      string              `json:"timezone"`
	Days          []dayView           `json:"days"`
	ByCategory    []categoryStatsView `json:"byCategory"`
	ByAgent       []agentStatsView    `json:"byAgent"`
	Backlog       backlogView         `json:"backlog"`
	FirstResponse durationView        `json:"firstResponse"`
	Resolution    durationView        `json:"resolution"`
	OpenSockets   int                 `json:"openSockets"`
}

type dayView struct {
	Day      string `json:"day"`
	Created  int    `json:"created"`
	Resolved int    `json:"resolved"`
	Closed   int    `json:"closed"`
	Reopened int    `json:"reopened"`
}

// categoryStatsView has the events of the tickets of one category.
type categoryStatsView struct {
	wire.CategoryRef
	Created       int          `json:"created"`
	Resolved      int          `json:"resolved"`
	Closed        int          `json:"closed"`
	Reopened      int          `json:"reopened"`
	FirstResponse durationView `json:"firstResponse"`
	Resolution    durationView `json:"resolution"`
}

// agentStatsView has the events that one agent caused.
type agentStatsView struct {
	ID            string       `json:"id"`
	Name          string       `json:"name"`
	Resolved      int          `json:"resolved"`
	Replies       int          `json:"replies"`
	FirstResponse durationView `json:"firstResponse"`
	Resolution    durationView `json:"resolution"`
}

type backlogView struct {
	Status   map[ticket.Status]int `json:"status"`
	Category []wire.CategoryCount  `json:"category"`
	Age      ageView               `json:"age"`
}

type ageView struct {
	UnderDay   int `json:"lt1d"`
	UnderThree int `json:"d1to3"`
	UnderWeek  int `json:"d3to7"`
	Older      int `json:"gt7d"`
}

// durationView contains percentiles, null if Count is 0.
type durationView struct {
	Count  int  `json:"count"`
	Median *int `json:"medianSeconds"`
	P90    *int `json:"p90Seconds"`
}

func viewPercentiles(p stats.Percentiles) durationView {
	if p.Count == 0 {
		return durationView{}
	}
	return durationView{p.Count, &p.Median, &p.P90}
}

// GetStats returns the endpoint GET /admin/stats. The days are those of a time zone,
// by default of zone. It answers with CSV if the client prefers it.
func GetStats(store StatsStore, zone *time.Location, now func() time.Time) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		period, err := r.period(now(), zone)
		if err != nil {
			return Response{}, err
		}
		snapshot, err := store.StatsSnapshot(ctx, period)
		if err != nil {
			return Response{}, err
		}
		report := stats.NewReport(period, snapshot)
		ids := wire.MapSlice(report.Agents, func(a stats.AgentEvents) string { return a.ID })
		agents, err := store.UsersByID(ctx, ids)
		if err != nil {
			return Response{}, err
		}
		view := r.viewStats(period, report, agents)
		if r.prefersCSV() {
			return view.csv()
		}
		return ok(view), nil
	})
}

func (r *Request) viewStats(p stats.Period, report stats.Report, agents []user.User) statsView {
	names := map[string]string{}
	for _, u := range agents {
		names[u.ID] = u.Name
	}
	ref := func(id string, names map[string]string) wire.CategoryRef {
		return wire.CategoryRef{ID: id, Name: category.Localized(names, r.Locale())}
	}
	return statsView{
		From: stats.DayOf(p.From), To: stats.DayOf(p.To), Timezone: p.Zone.String(),
		Days: wire.MapSlice(report.Days, func(d stats.Day) dayView { return dayView(d) }),
		ByCategory: wire.MapSlice(report.Categories, func(c stats.CategoryEvents) categoryStatsView {
			return categoryStatsView{ref(c.ID, c.Names), c.Created, c.Resolved, c.Closed, c.Reopened, viewPercentiles(c.FirstResponse), viewPercentiles(c.Resolution)}
		}),
		ByAgent: wire.MapSlice(report.Agents, func(a stats.AgentEvents) agentStatsView {
			name, exists := names[a.ID]
			if !exists {
				name = user.DeletedName
			}
			return agentStatsView{a.ID, user.DisplayName(name, r.Locale()), a.Resolved, a.Replies, viewPercentiles(a.FirstResponse), viewPercentiles(a.Resolution)}
		}),
		Backlog:       backlogView{Status: report.Status, Age: ageView(report.Age), Category: wire.ViewCategoryCounts(report.Backlog, r.Locale())},
		FirstResponse: viewPercentiles(report.Total.FirstResponse), Resolution: viewPercentiles(report.Total.Resolution), OpenSockets: report.OpenSockets,
	}
}

// period reads ?timezone, ?from and ?to. The default is the last 30 days; with one of the two,
// the 30 days from or up to it. It fails with bad_request.
func (r *Request) period(now time.Time, zone *time.Location) (stats.Period, error) {
	zone, err := r.timezone(zone)
	if err != nil {
		return stats.Period{}, err
	}
	p := stats.Last30Days(now, zone)
	from, hasFrom, err := r.dateParam("from", zone)
	if err != nil {
		return p, err
	}
	to, hasTo, err := r.dateParam("to", zone)
	if err != nil {
		return p, err
	}
	switch {
	case hasFrom && hasTo:
		p.From, p.To = from, to
	case hasFrom:
		p.From, p.To = from, from.AddDate(0, 0, 29)
	case hasTo:
		p.From, p.To = to.AddDate(0, 0, -29), to
	}
	if p.Days() < 1 {
		return p, errQuery("to", "out_of_range", "to must not be before from.")
	}
	if p.Days() > stats.MaxPeriodDays {
		return p, errQuery("to", "out_of_range", "to must be less than 366 days after from.")
	}
	return p, nil
}

// dateParam returns a query parameter that is a date, or a time, which stands for its day in
// the time zone. It fails with bad_request.
func (r *Request) dateParam(name string, zone *time.Location) (day time.Time, given bool, err error) {
	if !r.query.Has(name) {
		return time.Time{}, false, nil
	}
	if at, err := time.Parse(time.RFC3339, strings.ReplaceAll(r.query.Get(name), " ", "+")); err == nil { // of an offset, not encoded
		return stats.DateOf(at, zone), true, checkYear(name, at)
	}
	day, err = time.Parse(time.DateOnly, r.query.Get(name))
	if err != nil {
		return time.Time{}, false, errQuery(name, "invalid", name+" must be a date (yyyy-mm-dd) or a time (RFC 3339).")
	}
	return day, true, checkYear(name, day)
}

// checkYear rejects times before 1970 (UTC), which sort keys cannot have, and days near those that
// have no date of four digits.
func checkYear(name string, at time.Time) error {
	if year := at.UTC().Year(); year < 1970 || year > 9000 {
		return errQuery(name, "out_of_range", name+" must be between 1970 and 9000.")
	}
	return nil
}
