package api

import (
	"context"
	"log/slog"
	"time"

	"ticketsystem/pkg/category"
	"ticketsystem/pkg/health"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// Figures reads the numbers of the house, as of now.
type Figures interface {
	Figures(ctx context.Context, p stats.Period) (stats.Record, error)
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
	categoryRef
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

func viewSpread(s stats.Spread) durationView {
	if s.Count == 0 {
		return durationView{}
	}
	return durationView{s.Count, &s.Median, &s.P90}
}

// ShowStats is GET /admin/stats.
func ShowStats(figures Figures, now func() time.Time) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		at := now()
		period, err := r.period(at)
		if err != nil {
			return Response{}, err
		}
		record, err := figures.Figures(ctx, period)
		if err != nil {
			return Response{}, err
		}
		report := stats.Make(period, at, record)
		return ok(statsView{
			From: stats.DayOf(period.From), To: stats.DayOf(period.To),
			Days: list(report.Days, func(d stats.Day) dayView { return dayView(d) }),
			Backlog: backlogView{Status: report.Status, Age: ageView(report.Age), Category: list(report.Categories, func(c stats.Category) categoryCount {
				return categoryCount{categoryRef{c.ID, category.In(c.Names, r.Locale())}, c.Count}
			})},
			FirstResponse: viewSpread(report.FirstResponse), Resolution: viewSpread(report.Resolution), OpenSockets: report.Sockets,
		}), nil
	}}
}

// period reads from and to; without them it is the last 30 days. With one of
// them it is 30 days from there, or up to there.
func (r *Request) period(now time.Time) (stats.Period, error) {
	p := stats.Month(now)
	from, hasFrom, err := r.day("from")
	if err != nil {
		return p, err
	}
	to, hasTo, err := r.day("to")
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
		return p, badQuery("to", "out_of_range", "to is not before from.")
	}
	if p.Days() > stats.MostDays {
		return p, badQuery("to", "out_of_range", "from and to are at most 366 days apart.")
	}
	return p, nil
}

// day reads a query parameter that is a date.
func (r *Request) day(name string) (day time.Time, given bool, err error) {
	if !r.query.Has(name) {
		return time.Time{}, false, nil
	}
	day, err = time.Parse(time.DateOnly, r.query.Get(name))
	if err != nil {
		return time.Time{}, false, badQuery(name, "invalid", name+" is a day: yyyy-mm-dd.")
	}
	return day, true, nil
}

// Diary reads the newest entries over all tickets.
type Diary interface {
	Activity(ctx context.Context, limit int, before string) (page []stats.Activity, next string, err error)
}

type activityView struct {
	entryView
	Number string `json:"number"`
	Title  string `json:"title"`
}

// ListActivity is GET /admin/activity: the newest entries over all tickets.
func ListActivity(diary Diary) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, r *Request) (Response, error) {
		limit, err := r.limit()
		if err != nil {
			return Response{}, err
		}
		before, _, err := openCursor[string](r, "activity")
		if err != nil {
			return Response{}, err
		}
		entries, next, err := diary.Activity(ctx, limit, before)
		if err != nil {
			return Response{}, err
		}
		out := page[activityView]{Data: list(entries, func(a stats.Activity) activityView {
			return activityView{viewEntry(a.Entry, user.RoleAdmin), id.Number(a.Entry.TicketID), a.Title}
		})}
		if next != "" {
			out.Page = pageInfo{Next: sealCursor(r, "activity", next), HasMore: true}
		}
		return ok(out), nil
	}}
}

// Office is what a report on the health of the house needs.
type Office struct {
	Probes  []health.Probe
	Version string
	Failed  func(ctx context.Context) (int, error) // deliveries that were given up
}

type healthView struct {
	State            health.State `json:"state"`
	Checks           []checkView  `json:"checks"`
	FailedDeliveries int          `json:"failedDeliveries"`
	Version          string       `json:"version"`
}

type checkView struct {
	Name      string       `json:"name"`
	State     health.State `json:"state"`
	LatencyMS int64        `json:"latencyMs"`
	Detail    string       `json:"detail"`
}

// ReportHealth is GET /admin/health. It answers 200 whatever it finds: the
// report is there, and says what is not.
func ReportHealth(o Office, log *slog.Logger) Endpoint {
	return Endpoint{Admins, func(ctx context.Context, _ *Request) (Response, error) {
		failed := 0
		probes := append([]health.Probe{{Name: "failed deliveries", Look: func(ctx context.Context) (string, bool, error) {
			n, err := o.Failed(ctx)
			failed = n
			return "", n > 0, err
		}}}, o.Probes...)
		state, checks := health.Examine(ctx, log, probes)
		return ok(healthView{state, list(checks[1:], func(c health.Check) checkView {
			return checkView{c.Name, c.State, c.Latency.Milliseconds(), c.Detail}
		}), failed, o.Version}), nil
	}}
}
