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

// Probe looks at one dependency. Detail is for people; troubled says that it
// answers, but not as it should.
type Probe struct {
	Name  string
	Vital bool // nothing works without it
	Look  func(ctx context.Context) (detail string, troubled bool, err error)
}

// Check is what a probe has found.
type Check struct {
	Name    string
	State   State
	Latency time.Duration
	Detail  string
}

// patience is how long a probe may look.
const patience = 3 * time.Second

// Examine runs all probes side by side, each for three seconds at most, and
// says how well the whole works: as its worst part. What an error says is
// logged and not told.
func Examine(ctx context.Context, log *slog.Logger, probes []Probe) (State, []Check) {
	checks := make([]Check, len(probes))
	var wait sync.WaitGroup
	for i, p := range probes {
		wait.Go(func() { checks[i] = p.run(ctx, log) })
	}
	wait.Wait()
	worst := OK
	for _, c := range checks {
		if c.State == Down || worst == OK {
			worst = c.State
		}
	}
	return worst, checks
}

func (p Probe) run(ctx context.Context, log *slog.Logger) Check {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	detail, troubled, err := p.Look(ctx)
	c := Check{Name: p.Name, State: OK, Latency: time.Since(began), Detail: detail}
	switch {
	case err != nil:
		log.ErrorContext(ctx, "health", slog.String("check", p.Name), slog.Any("error", err))
		c.Detail = "does not answer"
		if c.State = Degraded; p.Vital {
			c.State = Down
		}
	case troubled:
		c.State = Degraded
	}
	return c
}
