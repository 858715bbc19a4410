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

// TestRunAll_WorstStateWins checks the overall state of several results.
func TestRunAll_WorstStateWins(t *testing.T) {
	for name, c := range map[string]struct {
		probes []health.Check
		state  health.State
		detail string // of the first result
	}{
		"all ok":                   {[]health.Check{health.PingCheck("table", true, pingResult(nil)), health.QueueCheck("work", false, depth(9))}, health.OK, ""},
		"failed messages":          {[]health.Check{health.QueueCheck("failures", true, depth(2)), health.PingCheck("table", true, pingResult(nil))}, health.Degraded, "2 waiting"},
		"dependency down":          {[]health.Check{health.PingCheck("bucket", false, pingResult(errBroken)), health.PingCheck("table", true, pingResult(nil))}, health.Degraded, "does not answer"},
		"critical dependency down": {[]health.Check{health.PingCheck("table", true, pingResult(errBroken)), health.QueueCheck("failures", true, depth(1))}, health.Down, "does not answer"},
		"no failed messages":       {[]health.Check{health.QueueCheck("failures", true, depth(0))}, health.OK, "0 waiting"},
		"many messages":            {[]health.Check{health.QueueCheck("work", false, depth(1204))}, health.OK, "1,204 waiting"},
	} {
		state, results := health.RunAll(t.Context(), slog.New(slog.DiscardHandler), "en", c.probes)
		if state != c.state || len(results) != len(c.probes) || results[0].Detail != c.detail {
			t.Errorf("%s: got %s, %+v", name, state, results)
		}
	}
}

// fakeHeartbeats is a HeartbeatStore whose consumer acknowledges after a delay, or
// never.
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

// TestStreamCheck checks that StreamCheck waits for its own heartbeat.
func TestStreamCheck(t *testing.T) {
	for name, c := range map[string]struct {
		store  fakeHeartbeats
		state  health.State
		detail string
	}{
		"acknowledged":      {fakeHeartbeats{delay: 120 * time.Millisecond}, health.OK, "120 ms behind"},
		"no acknowledgment": {fakeHeartbeats{noAck: true}, health.Degraded, "has never answered"},
	} {
		synctest.Test(t, func(t *testing.T) {
			state, results := health.RunAll(t.Context(), slog.New(slog.DiscardHandler), "en", []health.Check{health.StreamCheck("stream-project", &c.store, time.Now)})
			if state != c.state || results[0].Detail != c.detail {
				t.Errorf("%s: got %s, %+v, want %s, %s", name, state, results, c.state, c.detail)
			}
		})
	}
}

// TestRunAll_Language checks that the details are in the language of the reader.
func TestRunAll_Language(t *testing.T) {
	checks := []health.Check{
		health.PingCheck("table", true, pingResult(errBroken)), health.QueueCheck("failures", true, depth(1204)),
		health.StreamCheck("never", &fakeHeartbeats{noAck: true}, time.Now), health.StreamCheck("fine", &fakeHeartbeats{}, time.Now),
	}
	var results []health.Result
	synctest.Test(t, func(t *testing.T) {
		_, results = health.RunAll(t.Context(), slog.New(slog.DiscardHandler), "fa", checks)
	})
	for i, want := range []string{"پاسخ نمی‌دهد", "1٬204 در انتظار", "هرگز پاسخ نداده است", "0 میلی‌ثانیه تأخیر"} {
		if results[i].Detail != want {
			t.Errorf("%s: got %q, want %q", results[i].Name, results[i].Detail, want)
		}
	}
}
