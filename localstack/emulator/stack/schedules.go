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

	"ticketsystem/localstack/emulator/dashboard"
	"ticketsystem/localstack/emulator/samtemplate"
)

// schedule starts a function again and again.
type schedule struct {
	id, function, expression string
	interval                 time.Duration // 0: it is run by hand alone
	source                   string        // of its events
	input                    string        // the event itself, where the template gives one
}

// parseSchedules reads the schedules of functions. Those of a calendar, and
// those that are switched off, are run by hand alone.
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

// parseRate reads rate(5 minutes); an expression of a calendar has no rate.
func parseRate(expression string) (time.Duration, error) {
	if strings.HasPrefix(expression, "cron(") || strings.HasPrefix(expression, "at(") {
		return 0, nil
	}
	parts := ratePattern.FindStringSubmatch(expression)
	// AWS wants the singular for one and the plural for more.
	if len(parts) != 4 || (parts[1] == "1") == (parts[3] == "s") {
		return 0, fmt.Errorf("%q is no schedule, such as rate(5 minutes)", expression)
	}
	n, err := strconv.Atoi(parts[1])
	return time.Duration(n*unitMinutes[parts[2]]) * time.Minute, err
}

// event is what the function is started with.
func (s schedule) event(now time.Time) (json.RawMessage, error) {
	if s.input != "" {
		return json.RawMessage(s.input), nil
	}
	return json.Marshal(map[string]any{
		"version": "0", "id": rand.Text(), "detail-type": "Scheduled Event", "source": s.source,
		"account": samtemplate.Account, "region": samtemplate.Region, "time": now.UTC().Format(time.RFC3339),
		"resources": []string{fmt.Sprintf(arnFormat, strings.TrimPrefix(s.source, "aws."), "schedule/"+s.id)}, "detail": map[string]any{},
	})
}

// runSchedule starts the function at its rate until the stack ends.
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

// listSchedules tells the page about the schedules.
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
