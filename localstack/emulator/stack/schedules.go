package stack

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/samtemplate"
)

// schedule invokes a function at a fixed rate.
type schedule struct {
	id, function, expression string
	interval                 time.Duration // 0: only invoked manually
	source                   string        // "source" of its events
	input                    string        // the event, if the template sets one
}

// parseSchedules reads the schedules of functions. Cron expressions and disabled
// schedules are only invoked manually, from the dashboard.
func parseSchedules(res *resources) error {
	for _, f := range res.functions {
		for _, e := range f.Events {
			s := schedule{id: f.ID + "-" + e.ID, function: f.Folder, input: samtemplate.String(e.Properties["Input"])}
			switch e.Type {
			case "Schedule":
				s.expression, s.source = samtemplate.String(e.Properties["Schedule"]), "aws.events"
			case "ScheduleV2":
				s.expression, s.source = samtemplate.String(e.Properties["ScheduleExpression"]), "aws.scheduler"
			default:
				continue
			}
			var err error
			if s.interval, err = parseRate(s.expression); err != nil {
				return fmt.Errorf("template: resource %s: event %s: %w", f.ID, e.ID, err)
			}
			if samtemplate.String(e.Properties["Enabled"]) == "false" || samtemplate.String(e.Properties["State"]) == "DISABLED" {
				s.interval = 0
			}
			res.schedules = append(res.schedules, s)
		}
	}
	slices.SortFunc(res.schedules, func(a, b schedule) int { return strings.Compare(a.id, b.id) })
	return nil
}

var (
	ratePattern = regexp.MustCompile(`^rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)$`)
	unitMinutes = map[string]int{"minute": 1, "hour": 60, "day": 24 * 60}
)

// parseRate parses an expression such as rate(5 minutes). It returns 0 for cron and
// at expressions.
func parseRate(expression string) (time.Duration, error) {
	if strings.HasPrefix(expression, "cron(") || strings.HasPrefix(expression, "at(") {
		return 0, nil
	}
	parts := ratePattern.FindStringSubmatch(expression)
	// As on AWS, the unit is singular for 1 and plural otherwise.
	if len(parts) != 4 || (parts[1] == "1") == (parts[3] == "s") {
		return 0, fmt.Errorf("%q is not a schedule such as rate(5 minutes)", expression)
	}
	n, err := strconv.Atoi(parts[1])
	return time.Duration(n*unitMinutes[parts[2]]) * time.Minute, err
}

// event returns the event of an invocation at the given time.
func (s schedule) event(now time.Time) (json.RawMessage, error) {
	if s.input != "" {
		return json.RawMessage(s.input), nil
	}
	return json.Marshal(events.CloudWatchEvent{
		Version: "0", ID: rand.Text(), DetailType: "Scheduled Event", Source: s.source,
		AccountID: samtemplate.Account, Region: samtemplate.Region, Time: now.UTC().Truncate(time.Second),
		Resources: []string{fmt.Sprintf(arnFormat, strings.TrimPrefix(s.source, "aws."), "schedule/"+s.id)}, Detail: json.RawMessage("{}"),
	})
}

// runSchedule invokes the function at its rate until the stack stops.
func (s *Stack) runSchedule(c schedule, start func(function string, payload []byte)) {
	if c.interval == 0 {
		return
	}
	for {
		s.mu.Lock()
		s.nextRun[c.id] = time.Now().Add(c.interval)
		s.mu.Unlock()
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(c.interval):
		}
		event, err := c.event(time.Now())
		if err != nil {
			s.logf("%s: %v", c.id, err)
			continue
		}
		start(c.function, event)
	}
}

// listSchedules returns the schedules for the dashboard.
func (s *Stack) listSchedules() []dashboard.Schedule {
	list := []dashboard.Schedule{}
	for _, c := range s.reload().schedules {
		event, err := c.event(time.Now())
		if err != nil {
			s.logf("%s: %v", c.id, err)
		}
		s.mu.Lock()
		list = append(list, dashboard.Schedule{Function: c.function, Expression: c.expression, Next: s.nextRun[c.id], Event: event})
		s.mu.Unlock()
	}
	return list
}
