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

func pingResult(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

func depth(n int) func(context.Context) (int, error) {
	return func(context.Context) (int, error) { return n, nil }
}

// TestRunAll_WorstStateWins: the whole is as well as its worst part.
func TestRunAll_WorstStateWins(t *testing.T) {
	for name, c := range map[string]struct {
		probes []health.Check
		state  health.State
		detail string // of the first
	}{
		"all well":           {[]health.Check{health.PingCheck("table", true, pingResult(nil)), health.QueueCheck("work", false, depth(9))}, health.OK, ""},
		"given up":           {[]health.Check{health.QueueCheck("failures", true, depth(2)), health.PingCheck("table", true, pingResult(nil))}, health.Degraded, "2 waiting"},
		"something is gone":  {[]health.Check{health.PingCheck("bucket", false, pingResult(errBroken)), health.PingCheck("table", true, pingResult(nil))}, health.Degraded, "does not answer"},
		"the table is gone":  {[]health.Check{health.PingCheck("table", true, pingResult(errBroken)), health.QueueCheck("failures", true, depth(1))}, health.Down, "does not answer"},
		"no failures at all": {[]health.Check{health.QueueCheck("failures", true, depth(0))}, health.OK, "0 waiting"},
	} {
		state, results := health.RunAll(t.Context(), slog.New(slog.DiscardHandler), c.probes)
		if state != c.state || len(results) != len(c.probes) || results[0].Detail != c.detail {
			t.Errorf("%s: got %s, %+v", name, state, results)
		}
	}
}

// fakeHeartbeats is a Pulse whose follower answers after some time, or never.
type fakeHeartbeats struct {
	delay  time.Duration
	sentAt time.Time
	noAck  bool
}

func (h *fakeHeartbeats) SendHeartbeat(_ context.Context, at time.Time) error {
	h.sentAt = at
	return nil
}

func (h *fakeHeartbeats) LastHeartbeatAck(context.Context, string) (time.Time, time.Time, error) {
	if h.noAck || time.Since(h.sentAt) < h.delay {
		return time.Time{}, time.Time{}, nil
	}
	return h.sentAt, h.sentAt.Add(h.delay), nil
}

// TestStreamCheck: the probe waits for the echo of its own mark.
func TestStreamCheck(t *testing.T) {
	for name, c := range map[string]struct {
		heart  fakeHeartbeats
		state  health.State
		detail string
	}{
		"a little late": {fakeHeartbeats{delay: 120 * time.Millisecond}, health.OK, "120 ms behind"},
		"deaf":          {fakeHeartbeats{noAck: true}, health.Degraded, "has never answered"},
	} {
		synctest.Test(t, func(t *testing.T) {
			state, results := health.RunAll(t.Context(), slog.New(slog.DiscardHandler), []health.Check{health.StreamCheck("stream-project", &c.heart, time.Now)})
			if state != c.state || results[0].Detail != c.detail {
				t.Errorf("%s: got %s, %+v, want %s, %s", name, state, results, c.state, c.detail)
			}
		})
	}
}
