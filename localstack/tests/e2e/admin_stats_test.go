package e2e

import (
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
	From, To string
	Days     []struct {
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

// TestStats checks lower bounds, because other tests count on the same day. Exact
// counts are tested in package conformance.
func TestStats(t *testing.T) {
	t.Parallel()
	admin, agent, me := seededAdmin(t), support(t), customer(t)
	today := time.Now().UTC().Format(time.DateOnly)
	path := "/admin/stats?from=" + today
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
		"": 30, "?from=2026-01-01&to=2026-01-01": 1, "?from=2026-01-01&to=2026-01-31": 31, "?from=2025-01-01&to=2026-01-01": 366, "?to=2026-02-28": 30,
	} {
		var f statsReport
		admin.get("/admin/stats"+query, &f)
		equal(t, "days of "+query, len(f.Days), days)
	}
	for _, query := range []string{"?from=yesterday", "?from=2026-02-30", "?from=2026-02-02&to=2026-02-01", "?from=2025-01-01&to=2026-01-02", "?to="} {
		admin.mustCall(400, "GET", "/admin/stats"+query, nil, nil)
	}
	for _, user := range []testUser{support(t), customer(t)} {
		for _, path := range []string{"/admin/stats", "/admin/activity", "/admin/health"} {
			user.mustCall(403, "GET", path, nil, nil)
		}
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
