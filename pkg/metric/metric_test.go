package metric_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/metric"
)

func TestPerInvocation(t *testing.T) {
	var out bytes.Buffer
	r := &metric.Recorder{Namespace: "stack", Out: &out, Now: func() time.Time { return time.UnixMilli(1_700_000_000_123) }}
	handle := metric.PerInvocation(r, func(_ context.Context, n int) (string, error) {
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() { r.Add(metric.Messages, 2) })
		}
		wg.Wait()
		if n > 1 {
			r.Add(metric.TicketsCreated, 1)
		}
		return "done", errors.New("reported")
	})
	for _, n := range []int{0, 3, 1} {
		if got, err := handle(t.Context(), n); got != "done" || err == nil {
			t.Errorf("got %q, %v, want the result of the handler", got, err)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q, want a line for each invocation with metrics", lines)
	}
	for i, want := range []map[string]float64{{"Messages": 6, "TicketsCreated": 1}, {"Messages": 2}} {
		checkLine(t, lines[i], want)
	}
}

// checkLine checks a line against the specification of the embedded metric format.
func checkLine(t *testing.T, line string, want map[string]float64) {
	t.Helper()
	var got struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	values := map[string]any{}
	if err := errors.Join(json.Unmarshal([]byte(line), &got), json.Unmarshal([]byte(line), &values)); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if got.AWS.Timestamp != 1_700_000_000_123 || len(got.AWS.CloudWatchMetrics) != 1 {
		t.Fatalf("got %s, want the time in ms and one directive", line)
	}
	directive := got.AWS.CloudWatchMetrics[0]
	if directive.Namespace != "stack" || len(directive.Dimensions) != 1 || len(directive.Dimensions[0]) != 0 || len(directive.Metrics) != len(want) {
		t.Errorf("got %+v, want %d metrics without dimensions", directive, len(want))
	}
	for _, m := range directive.Metrics {
		if values[m.Name] != want[m.Name] || m.Unit != "Count" {
			t.Errorf("%s: got %v %s, want %v Count", m.Name, values[m.Name], m.Unit, want[m.Name])
		}
	}
}

func TestRecorder_Nil(*testing.T) {
	var r *metric.Recorder
	r.Add(metric.Messages, 1)
	r.Flush()
}
