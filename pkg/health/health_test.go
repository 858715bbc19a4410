package health_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"ticketsystem/pkg/health"
)

var errBroken = errors.New("broken")

func answers(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

func depth(n int) func(context.Context) (int, error) {
	return func(context.Context) (int, error) { return n, nil }
}

// TestWorst: the whole is as well as its worst part.
func TestWorst(t *testing.T) {
	for name, c := range map[string]struct {
		probes []health.Probe
		state  health.State
		detail string // of the first
	}{
		"all well":           {[]health.Probe{health.Answers("table", true, answers(nil)), health.Queue("work", false, depth(9))}, health.OK, ""},
		"given up":           {[]health.Probe{health.Queue("failures", true, depth(2)), health.Answers("table", true, answers(nil))}, health.Degraded, "2 waiting"},
		"something is gone":  {[]health.Probe{health.Answers("bucket", false, answers(errBroken)), health.Answers("table", true, answers(nil))}, health.Degraded, "does not answer"},
		"the table is gone":  {[]health.Probe{health.Answers("table", true, answers(errBroken)), health.Queue("failures", true, depth(1))}, health.Down, "does not answer"},
		"no failures at all": {[]health.Probe{health.Queue("failures", true, depth(0))}, health.OK, "0 waiting"},
	} {
		state, checks := health.Examine(t.Context(), slog.New(slog.DiscardHandler), c.probes)
		if state != c.state || len(checks) != len(c.probes) || checks[0].Detail != c.detail {
			t.Errorf("%s: got %s, %+v", name, state, checks)
		}
	}
}

// heart is a Pulse whose follower answers after some time, or never.
type heart struct {
	after time.Duration
	beat  time.Time
	deaf  bool
}

func (h *heart) Beat(_ context.Context, at time.Time) error { h.beat = at; return nil }

func (h *heart) Echo(context.Context, string) (time.Time, time.Time, error) {
	if h.deaf || time.Since(h.beat) < h.after {
		return time.Time{}, time.Time{}, nil
	}
	return h.beat, h.beat.Add(h.after), nil
}

// TestStream: the probe waits for the echo of its own mark.
func TestStream(t *testing.T) {
	for name, c := range map[string]struct {
		heart  heart
		state  health.State
		detail string
	}{
		"a little late": {heart{after: 120 * time.Millisecond}, health.OK, "120 ms behind"},
		"deaf":          {heart{deaf: true}, health.Degraded, "has never answered"},
	} {
		synctest.Test(t, func(t *testing.T) {
			state, checks := health.Examine(t.Context(), slog.New(slog.DiscardHandler), []health.Probe{health.Stream("stream-project", &c.heart, time.Now)})
			if state != c.state || checks[0].Detail != c.detail {
				t.Errorf("%s: got %s, %+v, want %s, %s", name, state, checks, c.state, c.detail)
			}
		})
	}
}
