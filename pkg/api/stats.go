package api

import (
	"context"
	"time"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// StatsStore reads ticket statistics.
type StatsStore interface {
	// StatsSnapshot returns the events of a period and the current backlog.
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

// GetStats returns the endpoint GET /admin/stats.
func GetStats(store StatsStore, now func() time.Time) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
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
	})
}

// period reads ?from and ?to. The default is the last 30 days; with one of the two, the 30
// days from or up to it. Returns bad_request.
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
		return p, errQuery("to", "out_of_range", "to must not be before from.")
	}
	if p.Days() > stats.MaxPeriodDays {
		return p, errQuery("to", "out_of_range", "from and to must be at most 366 days apart.")
	}
	return p, nil
}

// dateParam returns a query parameter that is a date. Returns bad_request.
func (r *Request) dateParam(name string) (day time.Time, given bool, err error) {
	if !r.query.Has(name) {
		return time.Time{}, false, nil
	}
	day, err = time.Parse(time.DateOnly, r.query.Get(name))
	if err != nil {
		return time.Time{}, false, errQuery(name, "invalid", name+" must be a date: yyyy-mm-dd.")
	}
	return day, true, nil
}
