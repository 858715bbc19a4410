package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/testkit/golden"
)

func TestSchedule_Event(t *testing.T) {
	text, err := schedule{id: "c", source: "aws.events"}.event(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	event["id"] = "random"
	golden.JSON(t, "schedule_event", event)
}

func TestNewCustomResourceEvent(t *testing.T) {
	event := newCustomResourceEvent(&samtemplate.Resource{ID: "SigningKey", Type: "Custom::SigningKey"}, map[string]any{"Name": "one"}, "http://localhost/custom/")
	if event.ResponseURL != "http://localhost/custom/"+event.RequestID {
		t.Errorf("response URL: got %s for request %s", event.ResponseURL, event.RequestID)
	}
	event.RequestID, event.ResponseURL = "random", "random"
	golden.JSON(t, "custom_resource_event", event)
}

func TestParseRate(t *testing.T) {
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(2 hours)": 2 * time.Hour, "rate(1 day)": 24 * time.Hour,
		"cron(0 3 * * ? *)": 0, "at(2026-11-23T00:00:00)": 0,
	} {
		if got, err := parseRate(expression); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", expression, got, err, want)
		}
	}
	for _, expression := range []string{"", "rate(5 minute)", "rate(1 minutes)", "rate(0 minutes)", "rate(30 seconds)", "every hour"} {
		if got, err := parseRate(expression); err == nil {
			t.Errorf("%q: got %s, want an error", expression, got)
		}
	}
}

func TestRunSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		s := &Stack{ctx: ctx, logf: t.Logf, nextRun: map[string]time.Time{}}
		start := time.Now()
		var runs []string
		s.runSchedule(schedule{id: "c", function: "f", interval: 2 * time.Minute, source: "aws.events"}, func(function string, payload []byte) {
			var event events.CloudWatchEvent
			if err := json.Unmarshal(payload, &event); err != nil {
				t.Error(err)
			}
			runs = append(runs, fmt.Sprint(function, event.Source, event.Time.Sub(start)))
		})
		if got := strings.Join(runs, " "); got != "faws.events2m0s faws.events4m0s" {
			t.Errorf("runs: got %s", got)
		}
		if got := s.nextRun["c"].Sub(start); got != 6*time.Minute {
			t.Errorf("next: got %s, want 6m", got)
		}
		s.runSchedule(schedule{id: "never"}, nil)
	})
}
