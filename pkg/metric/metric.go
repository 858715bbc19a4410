// Package metric writes business numbers as CloudWatch metrics, in the embedded metric
// format: a line of the log that CloudWatch extracts metrics from.
package metric

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"
)

// Names of the metrics. Each is a count without dimensions in the namespace of the stack.
const (
	TicketsCreated = "TicketsCreated"
	Messages       = "Messages"
	TextsSent      = "TextsSent" // SMS that the provider accepted
	EmailsSent     = "EmailsSent"
)

// Names returns all metrics.
func Names() []string { return []string{TicketsCreated, Messages, TextsSent, EmailsSent} }

// Recorder sums metrics. The nil Recorder records nothing.
type Recorder struct {
	Namespace string
	Out       io.Writer
	Now       func() time.Time

	mu   sync.Mutex
	sums map[string]int
}

// Add adds n to a metric.
func (r *Recorder) Add(name string, n int) {
	if r == nil || n == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sums == nil {
		r.sums = map[string]int{}
	}
	r.sums[name] += n
}

// Flush writes what was added since the last call, as one line. It writes nothing if
// nothing was added. A failure to write loses the numbers.
func (r *Recorder) Flush() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sums) == 0 {
		return
	}
	var definitions []map[string]string
	line := map[string]any{}
	for name, sum := range r.sums {
		definitions = append(definitions, map[string]string{"Name": name, "Unit": "Count"})
		line[name] = sum
	}
	line["_aws"] = map[string]any{
		"Timestamp":         r.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{"Namespace": r.Namespace, "Dimensions": [][]string{{}}, "Metrics": definitions}},
	}
	r.sums = nil
	text, err := json.Marshal(line)
	if err == nil {
		_, _ = r.Out.Write(append(text, '\n')) // nothing can report a failed write to the log
	}
}

// PerInvocation returns a Lambda handler that calls handle and writes its metrics, at most
// one line.
func PerInvocation[E, R any](r *Recorder, handle func(context.Context, E) (R, error)) func(context.Context, E) (R, error) {
	return func(ctx context.Context, event E) (R, error) {
		defer r.Flush()
		return handle(ctx, event)
	}
}
