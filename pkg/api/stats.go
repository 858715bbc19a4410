package api

import (
	"context"
	"time"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// StatsStore reads the numbers of the house, as of now.
type StatsStore interface {
	StatsSnapshot(ctx context.Context, p stats.Period) (stats.Snapshot, error)
}

type statsView struct {
	From          string       `json:"from"`
	To            string       `json:"to"`
	Days          []dayView    `json:"days"`
	Backlog       backlogView  `json:"backlog"`
	FirstResponse durationView `json:"firstResponse"`
	Resolution    durationView `json:"resolution"`
	OpenSockets   int          `json:"openSockets"`
}

type dayView struct {
	Day      string `json:"day"`
	Created  int    `json:"created"`
	Resolved int    `json:"resolved"`
	Closed   int    `json:"closed"`
	Reopened int    `json:"reopened"`
}

type backlogView struct {
	Status   map[ticket.Status]int `json:"status"`
	Category []categoryCount       `json:"category"`
	Age      ageView               `json:"age"`
}

type categoryCount struct {
	wire.CategoryRef
	Count int `json:"count"`
}

type ageView struct {
	UnderDay   int `json:"lt1d"`
	UnderThree int `json:"d1to3"`
	UnderWeek  int `json:"d3to7"`
	Older      int `json:"gt7d"`
}

// durationView has no numbers where nothing was measured.
type durationView struct {
	Count  int  `json:"count"`
	Median *int `json:"medianSeconds"`
	P90    *int `json:"p90Seconds"`
}

func viewPercentiles(s stats.Percentiles) durationView {
	if s.Count == 0 {
		return durationView{}
	}
	return durationView{s.Count, &s.Median, &s.P90}
}

// GetStats is GET /admin/stats.
func GetStats(store StatsStore, now func() time.Time) Endpoint {
	return Endpoint{AdminOnly, func(ctx context.Context, r *Request) (Response, error) {
		at := now()
		period, err := r.period(at)
		if err != nil {
			return Response{}, err
		}
		snapshot, err := store.StatsSnapshot(ctx, period)
		if err != nil {
			return Response{}, err
		}
		report := stats.NewReport(period, at, snapshot)
		return ok(statsView{
			From: stats.DayOf(period.From), To: stats.DayOf(period.To),
			Days: wire.MapSlice(report.Days, func(d stats.Day) dayView { return dayView(d) }),
			Backlog: backlogView{Status: report.Status, Age: ageView(report.Age), Category: wire.MapSlice(report.Categories, func(c stats.Category) categoryCount {
				return categoryCount{wire.CategoryRef{ID: c.ID, Name: category.Localized(c.Names, r.Locale())}, c.Count}
			})},
			FirstResponse: viewPercentiles(report.FirstResponse), Resolution: viewPercentiles(report.Resolution), OpenSockets: report.OpenSockets,
		}), nil
	}}
}

// period reads from and to; without them it is the last 30 days. With one of
// them it is 30 days from there, or up to there.
func (r *Request) period(now time.Time) (stats.Period, error) {
	p := stats.Last30Days(now)
	from, hasFrom, err := r.dateParam("from")
	if err != nil {
		return p, err
	}
	to, hasTo, err := r.dateParam("to")
	if err != nil {
		return p, err
	}
	switch {
	case hasFrom && hasTo:
		p = stats.Period{From: from, To: to}
	case hasFrom:
		p = stats.Period{From: from, To: from.AddDate(0, 0, 29)}
	case hasTo:
		p = stats.Period{From: to.AddDate(0, 0, -29), To: to}
	}
	if p.Days() < 1 {
		return p, errQuery("to", "out_of_range", "to is not before from.")
	}
	if p.Days() > stats.MaxPeriodDays {
		return p, errQuery("to", "out_of_range", "from and to are at most 366 days apart.")
	}
	return p, nil
}

// dateParam reads a query parameter that is a date.
func (r *Request) dateParam(name string) (day time.Time, given bool, err error) {
	if !r.query.Has(name) {
		return time.Time{}, false, nil
	}
	day, err = time.Parse(time.DateOnly, r.query.Get(name))
	if err != nil {
		return time.Time{}, false, errQuery(name, "invalid", name+" is a day: yyyy-mm-dd.")
	}
	return day, true, nil
}
