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

	"ticketsystem/localstack/page"
	"ticketsystem/localstack/template"
)

// schedule starts a function again and again.
type schedule struct {
	id, function, expression string
	every                    time.Duration // 0: it is run by hand alone
	source                   string        // of its events
	input                    string        // the event itself, where the template gives one
}

// readSchedules reads the schedules of functions. Those of a calendar, and
// those that are switched off, are run by hand alone.
func readSchedules(a *app) error {
	for _, f := range a.functions {
		for _, e := range f.Events {
			s := schedule{id: f.ID + "-" + e.ID, function: f.Folder, input: template.Text(e.Properties["Input"])}
			switch e.Type {
			case "Schedule":
				s.expression, s.source = template.Text(e.Properties["Schedule"]), "aws.events"
			case "ScheduleV2":
				s.expression, s.source = template.Text(e.Properties["ScheduleExpression"]), "aws.scheduler"
			default:
				continue
			}
			var err error
			if s.every, err = rate(s.expression); err != nil {
				return fmt.Errorf("template: resource %s: event %s: %w", f.ID, e.ID, err)
			}
			if template.Text(e.Properties["Enabled"]) == "false" || template.Text(e.Properties["State"]) == "DISABLED" {
				s.every = 0
			}
			a.schedules = append(a.schedules, s)
		}
	}
	slices.SortFunc(a.schedules, func(a, b schedule) int { return strings.Compare(a.id, b.id) })
	return nil
}

var (
	rates   = regexp.MustCompile(`^rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)$`)
	minutes = map[string]int{"minute": 1, "hour": 60, "day": 24 * 60}
)

// rate reads rate(5 minutes); an expression of a calendar has no rate.
func rate(expression string) (time.Duration, error) {
	if strings.HasPrefix(expression, "cron(") || strings.HasPrefix(expression, "at(") {
		return 0, nil
	}
	parts := rates.FindStringSubmatch(expression)
	// AWS wants the singular for one and the plural for more.
	if len(parts) != 4 || (parts[1] == "1") == (parts[3] == "s") {
		return 0, fmt.Errorf("%q is no schedule, such as rate(5 minutes)", expression)
	}
	n, err := strconv.Atoi(parts[1])
	return time.Duration(n*minutes[parts[2]]) * time.Minute, err
}

// event is what the function is started with.
func (s schedule) event(now time.Time) (json.RawMessage, error) {
	if s.input != "" {
		return json.RawMessage(s.input), nil
	}
	return json.Marshal(map[string]any{
		"version": "0", "id": rand.Text(), "detail-type": "Scheduled Event", "source": s.source,
		"account": template.Account, "region": template.Region, "time": now.UTC().Format(time.RFC3339),
		"resources": []string{fmt.Sprintf(arn, strings.TrimPrefix(s.source, "aws."), "schedule/"+s.id)}, "detail": map[string]any{},
	})
}

// follow starts the function at its rate until the stack ends.
func (s *Stack) follow(c schedule, start func(function string, payload []byte)) {
	if c.every == 0 {
		return
	}
	for {
		s.mu.Lock()
		s.next[c.id] = time.Now().Add(c.every)
		s.mu.Unlock()
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(c.every):
		}
		event, err := c.event(time.Now())
		if err != nil {
			s.logf("%s: %v", c.id, err)
			continue
		}
		start(c.function, event)
	}
}

// schedules tells the page about the schedules.
func (s *Stack) schedules() []page.Schedule {
	list := []page.Schedule{}
	for _, c := range s.current().schedules {
		event, err := c.event(time.Now())
		if err != nil {
			s.logf("%s: %v", c.id, err)
		}
		s.mu.Lock()
		list = append(list, page.Schedule{Function: c.function, Expression: c.expression, Next: s.next[c.id], Event: event})
		s.mu.Unlock()
	}
	return list
}
