// Package health looks at everything that the house depends on.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// State is how well something works.
type State string

// The states, from best to worst.
const (
	OK       State = "ok"
	Degraded State = "degraded" // something is late, or was given up
	Down     State = "down"     // it does not answer, and nothing works without it
)

// Check looks at one dependency. Detail is for people; troubled says that it
// answers, but not as it should.
type Check struct {
	Name     string
	Critical bool // nothing works without it
	Run      func(ctx context.Context) (detail string, degraded bool, err error)
}

// Result is what a probe has found.
type Result struct {
	Name    string
	State   State
	Latency time.Duration
	Detail  string
}

// checkTimeout is how long a probe may look.
const checkTimeout = 3 * time.Second

// RunAll runs all probes side by side, each for three seconds at most, and
// says how well the whole works: as its worst part. What an error says is
// logged and not told.
func RunAll(ctx context.Context, log *slog.Logger, checks []Check) (State, []Result) {
	results := make([]Result, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { results[i] = c.run(ctx, log) })
	}
	wg.Wait()
	worst := OK
	for _, r := range results {
		if r.State == Down || worst == OK {
			worst = r.State
		}
	}
	return worst, results
}

func (c Check) run(ctx context.Context, log *slog.Logger) Result {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	started := time.Now()
	detail, degraded, err := c.Run(ctx)
	r := Result{Name: c.Name, State: OK, Latency: time.Since(started), Detail: detail}
	switch {
	case err != nil:
		log.ErrorContext(ctx, "health", slog.String("check", c.Name), slog.Any("error", err))
		r.Detail = "does not answer"
		if r.State = Degraded; c.Critical {
			r.State = Down
		}
	case degraded:
		r.State = Degraded
	}
	return r
}
