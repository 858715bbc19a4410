package e2e

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/client"
)

func seededAdmin(t *testing.T) testUser { t.Helper(); return staff(t, adminPhone) }

// statsReport is the response of /admin/stats.
type statsReport struct {
	From, To, Timezone  string
	ByCategory, ByAgent []eventCounts
	Days                []struct {
		Day                                 string
		Created, Resolved, Closed, Reopened int
	}
	Backlog struct {
		Status   map[string]int
		Category []struct {
			ID, Name string
			Count    int
		}
		Age map[string]int
	}
	FirstResponse, Resolution struct {
		Count                     int
		MedianSeconds, P90Seconds *int
	}
	OpenSockets int
}

// eventCounts are the events of a category or an agent.
type eventCounts struct {
	ID, Name                                     string
	Created, Resolved, Closed, Reopened, Replies int
	FirstResponse, Resolution                    struct{ Count int }
}

// TestStats checks lower bounds, because other tests count on the same day. Exact
// counts are tested in package conformance.
func TestStats(t *testing.T) {
	t.Parallel()
	admin, agent, me := seededAdmin(t), support(t), customer(t)
	today := time.Now().UTC().Format(time.DateOnly)
	path := "/admin/stats?timezone=UTC&from=" + today
	var before statsReport
	admin.get(path, &before)
	answered := me.openTicket(nil)
	agent.post(answered.ID, "hello", nil)
	agent.change(answered.ID, "status", object{"status": "resolved"})
	me.change(answered.ID, "reopen", nil)
	me.change(answered.ID, "close", nil)
	waiting := me.openTicket(nil)
	eventually(t, "the statistics", func() error {
		var now statsReport
		admin.get(path, &now)
		was, is := before.Days[0], now.Days[0]
		switch {
		case is.Day != today:
			return mismatch("day", is.Day, today)
		case is.Created < was.Created+2, is.Resolved < was.Resolved+1, is.Closed < was.Closed+1, is.Reopened < was.Reopened+1:
			return fmt.Errorf("got %+v, before %+v", is, was)
		case now.FirstResponse.Count < before.FirstResponse.Count+1 || now.FirstResponse.MedianSeconds == nil:
			return fmt.Errorf("first responses: got %+v", now.FirstResponse)
		case now.Resolution.Count < before.Resolution.Count+1 || now.Resolution.P90Seconds == nil:
			return fmt.Errorf("resolutions: got %+v", now.Resolution)
		case now.Backlog.Status["new"] < 1 || now.Backlog.Age["lt1d"] < 1 || len(now.Backlog.Category) < 1 || now.Backlog.Category[0].Name == "":
			return fmt.Errorf("backlog: got %+v", now.Backlog)
		}
		return nil
	})
	me.change(waiting.ID, "close", nil)
}

func TestStats_Period(t *testing.T) {
	t.Parallel()
	admin := seededAdmin(t)
	for query, days := range map[string]int{
		"": 30, "?from=2026-01-01T23:00:00Z&to=2026-01-01T23:00:00Z&timezone=Asia/Kathmandu": 1, "?from=2026-01-01&to=2026-01-01": 1, "?from=2026-01-01&to=2026-01-31": 31, "?from=2025-01-01&to=2026-01-01": 366, "?to=2026-02-28": 30,
	} {
		var f statsReport
		admin.get("/admin/stats"+query, &f)
		equal(t, "days of "+query, len(f.Days), days)
	}
	for _, query := range []string{"?from=yesterday", "?from=2026-02-30", "?from=2026-02-02&to=2026-02-01", "?from=2025-01-01&to=2026-01-02", "?to=", "?from=9999-12-31", "?from=0000-01-01", "?from=2026-01-01T10:00"} {
		admin.mustCall(400, "GET", "/admin/stats"+query, nil, nil)
	}
	for _, zone := range []string{"", "Local", "Nowhere", "asia/tehran", "%2B03:30", "..%2Fetc%2Fpasswd"} {
		var problem struct{ Errors []struct{ Pointer string } }
		admin.mustCall(400, "GET", "/admin/stats?timezone="+zone, nil, &problem)
		if len(problem.Errors) != 1 || problem.Errors[0].Pointer != "?timezone" {
			t.Errorf("%q: got errors %v, want ?timezone", zone, problem.Errors)
		}
	}
	for _, user := range []testUser{support(t), customer(t)} {
		for _, path := range []string{"/admin/stats", "/admin/activity", "/admin/health"} {
			user.mustCall(403, "GET", path, nil, nil)
		}
	}
}

// TestStats_TimeZone checks the default time zone, and that a time stands for its day in a zone.
func TestStats_TimeZone(t *testing.T) {
	t.Parallel()
	admin := seededAdmin(t)
	for query, want := range map[string][2]string{
		"to=2026-01-01T20:29:59Z":                          {"2026-01-01", "Asia/Tehran"},
		"to=2026-01-01T20:30:00Z":                          {"2026-01-02", "Asia/Tehran"},
		"to=2026-01-01T20:30:00Z&timezone=UTC":             {"2026-01-01", "UTC"},
		"to=2026-01-01T18:15:00Z&timezone=Asia/Kathmandu":  {"2026-01-02", "Asia/Kathmandu"},
		"to=2026-07-01T04:00:00Z&timezone=America/Toronto": {"2026-07-01", "America/Toronto"},
		"to=2026-01-01T04:00:00Z&timezone=America/Toronto": {"2025-12-31", "America/Toronto"},
	} {
		var report statsReport
		admin.get("/admin/stats?"+query, &report)
		equal(t, query, [2]string{report.To, report.Timezone}, want)
	}
}

// TestStats_CSV checks the events of an agent and a category as JSON and CSV, and that a name
// cannot become a formula.
func TestStats_CSV(t *testing.T) {
	t.Parallel()
	admin, me := seededAdmin(t), customer(t)
	agent := newStaff(t, "support")
	agent.mustCall(200, "PATCH", "/profile", object{"name": "=HYPERLINK(1)"}, nil)
	mine := me.openTicket(nil)
	agent.post(mine.ID, "hello", nil)
	agent.post(mine.ID, "hello again", nil)
	agent.change(mine.ID, "status", object{"status": "resolved"})
	eventually(t, "the events of the agent", func() error {
		var report statsReport
		admin.get("/admin/stats", &report)
		i := slices.IndexFunc(report.ByAgent, func(a eventCounts) bool { return a.ID == agent.Profile.ID })
		if i < 0 || report.ByAgent[i].Replies != 2 || report.ByAgent[i].Resolved != 1 || report.ByAgent[i].FirstResponse.Count != 1 || report.ByAgent[i].Resolution.Count != 1 {
			return fmt.Errorf("got %+v", report.ByAgent)
		}
		if len(report.ByCategory) == 0 || report.ByCategory[0].Name == "" {
			return fmt.Errorf("got categories %+v", report.ByCategory)
		}
		return nil
	})
	response := admin.call("GET", "/admin/stats", nil, client.Header("Accept", "text/csv"))
	equal(t, "content type", response.Header.Get("Content-Type"), "text/csv; charset=utf-8; header=present")
	csvText := string(response.Body)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(csvText, "\ufeff"))).ReadAll()
	if err != nil || !strings.HasPrefix(csvText, "\ufeff") || rows[0][0] != "group" {
		t.Fatalf("got %v, %.200q", err, csvText)
	}
	if !slices.ContainsFunc(rows, func(row []string) bool {
		return row[1] == agent.Profile.ID && row[2] == "'=HYPERLINK(1)" && row[7] == "2"
	}) {
		t.Errorf("the agent is not in %v", rows)
	}
}

// TestActivity_Pagination checks that activity is listed once, newest first, over
// several pages.
func TestActivity_Pagination(t *testing.T) {
	t.Parallel()
	admin, me := seededAdmin(t), customer(t)
	mine := me.openTicket(object{"title": "The activity of " + me.Profile.ID})
	for range 3 {
		me.post(mine.ID, "hello", nil)
	}
	eventually(t, "activity", func() error {
		var seqs []int
		next := ""
		for range 20 { // the entries of this test are among the newest
			var page struct {
				Data []struct {
					client.Entry
					Number, Title string
				}
				Page client.Page
			}
			admin.get("/admin/activity?limit=50"+next, &page)
			for _, e := range page.Data {
				if e.TicketID == mine.ID {
					seqs = append(seqs, e.Seq)
					equal(t, "title", e.Title, mine.Title)
					equal(t, "number", e.Number, mine.Number)
				}
			}
			if !page.Page.HasMore || slices.Contains(seqs, 1) {
				break
			}
			next = "&cursor=" + page.Page.Next
		}
		if !slices.Equal(seqs, []int{4, 3, 2, 1}) {
			return mismatch("entries", seqs, []int{4, 3, 2, 1})
		}
		return nil
	})
}

// healthCheck is one check of the health report.
type healthCheck struct {
	Name, State, Detail string
	LatencyMs           int
}

// healthySince reports whether a check is ok. A stream may be slow while other tests
// run; then its last acknowledgement must be after began.
func (c healthCheck) healthySince(began time.Time) bool {
	_, answered, delayed := strings.Cut(c.Detail, "answered last at ")
	if c.State == "ok" || !delayed {
		return c.State == "ok"
	}
	at, err := time.Parse(time.RFC3339, answered)
	return err == nil && !at.Before(began.Truncate(time.Second))
}

func TestHealthReport(t *testing.T) {
	t.Parallel()
	admin, began := seededAdmin(t), time.Now()
	eventually(t, "the health report", func() error {
		var report struct {
			State            string
			Checks           []healthCheck
			FailedDeliveries *int
			Version          string
		}
		admin.get("/admin/health", &report)
		checks := map[string]healthCheck{}
		for _, c := range report.Checks {
			checks[c.Name] = c
		}
		for _, name := range []string{"table", "bucket", "stream-project", "stream-deliver", "codes", "deliveries", "broadcasts", "search-index"} {
			if !checks[name].healthySince(began) {
				return fmt.Errorf("%s: got %+v", name, report)
			}
		}
		for _, name := range []string{"stream-failures", "attachment-failures", "delivery-failures", "search-failures"} {
			if checks[name].State == "" {
				return fmt.Errorf("no check %s in %+v", name, report)
			}
		}
		if report.State == "down" || report.Version == "" || report.FailedDeliveries == nil {
			return fmt.Errorf("got %+v", report)
		}
		return nil
	})
}
