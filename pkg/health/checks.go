package health

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/locale"
)

// PingCheck returns a check that fails if ping does.
func PingCheck(name string, critical bool, ping func(ctx context.Context) error) Check {
	return Check{Name: name, Critical: critical, Run: func(ctx context.Context, _ string) (string, bool, error) {
		return "", false, ping(ctx)
	}}
}

// QueueCheck returns a check that reports the depth of a queue. A dead-letter queue
// is degraded if it is not empty.
func QueueCheck(name string, deadLetter bool, depth func(ctx context.Context) (int, error)) Check {
	return Check{Name: name, Run: func(ctx context.Context, language string) (string, bool, error) {
		n, err := depth(ctx)
		return locale.Text(language, "health.waiting", "count", locale.Number(language, n)), deadLetter && n > 0, err
	}}
}

// HeartbeatStore sends heartbeats through the DynamoDB stream.
type HeartbeatStore interface {
	// SendHeartbeat writes a heartbeat, which appears in the stream.
	SendHeartbeat(ctx context.Context, at time.Time) error

	// LastHeartbeatAck returns when the newest heartbeat that the stream consumer
	// acknowledged was sent and acknowledged; zero times if there is none.
	LastHeartbeatAck(ctx context.Context, consumer string) (sentAt, ackedAt time.Time, err error)
}

// pollInterval is how often StreamCheck reads the acknowledgment. A consumer that
// takes longer than maxStreamLag is degraded.
const (
	pollInterval = 50 * time.Millisecond
	maxStreamLag = 2500 * time.Millisecond
)

// StreamCheck returns a check that sends a heartbeat through the stream and waits
// for the consumer's acknowledgment. It measures the delay that ticket entries
// have too.
func StreamCheck(consumer string, heartbeats HeartbeatStore, now func() time.Time) Check {
	return Check{Name: consumer, Run: func(ctx context.Context, language string) (string, bool, error) {
		started := now()
		if err := heartbeats.SendHeartbeat(ctx, started); err != nil {
			return "", false, err
		}
		for {
			sentAt, ackedAt, err := heartbeats.LastHeartbeatAck(ctx, consumer)
			switch {
			case err != nil && !errors.Is(err, context.DeadlineExceeded):
				return "", false, err
			case err == nil && !sentAt.Before(started):
				return locale.Text(language, "health.behind", "ms", milliseconds(language, ackedAt.Sub(sentAt))), false, nil
			case now().Sub(started) > maxStreamLag && ackedAt.IsZero():
				return locale.Text(language, "health.never_answered"), true, nil
			case now().Sub(started) > maxStreamLag:
				return locale.Text(language, "health.far_behind", "ms", milliseconds(language, maxStreamLag), "at", ackedAt.Format(time.RFC3339)), true, nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(pollInterval):
			}
		}
	}}
}

func milliseconds(language string, d time.Duration) string {
	return locale.Number(language, max(0, int(d.Milliseconds())))
}
