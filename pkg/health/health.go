// Package health checks the service's dependencies.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ticketsystem/pkg/locale"
)

// State is the health of a dependency or of the service.
type State string

// The states, from best to worst.
const (
	OK       State = "ok"
	Degraded State = "degraded" // slow, failing without blocking the service, or with failed messages
	Down     State = "down"     // a critical dependency does not respond
)

// Check is the health check of one dependency. Run returns a text for operators in their language,
// and degraded if the dependency responds but is slow or has failed messages.
type Check struct {
	Name     string
	Critical bool // the service is down without it
	Run      func(ctx context.Context, language string) (detail string, degraded bool, err error)
}

// Result is the result of a Check.
type Result struct {
	Name    string
	State   State
	Latency time.Duration
	Detail  string
}

// checkTimeout bounds one check.
const checkTimeout = 3 * time.Second

// RunAll runs all checks concurrently, each with a timeout of 3 s. It returns the
// worst state and the results in the order of checks. Errors are logged, and the
// results do not contain them.
func RunAll(ctx context.Context, log *slog.Logger, language string, checks []Check) (State, []Result) {
	results := make([]Result, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		wg.Go(func() { results[i] = c.run(ctx, log, language) })
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

func (c Check) run(ctx context.Context, log *slog.Logger, language string) Result {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	started := time.Now()
	detail, degraded, err := c.Run(ctx, language)
	r := Result{Name: c.Name, State: OK, Latency: time.Since(started), Detail: detail}
	switch {
	case err != nil:
		log.ErrorContext(ctx, "health check failed", slog.String("check", c.Name), slog.Any("error", err))
		r.Detail = locale.Text(language, "health.no_answer")
		if r.State = Degraded; c.Critical {
			r.State = Down
		}
	case degraded:
		r.State = Degraded
	}
	return r
}
