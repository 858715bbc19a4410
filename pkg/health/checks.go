package health

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// PingCheck makes a probe of something that answers or does not.
func PingCheck(name string, critical bool, ping func(ctx context.Context) error) Check {
	return Check{Name: name, Critical: critical, Run: func(ctx context.Context) (string, bool, error) {
		return "", false, ping(ctx)
	}}
}

// QueueCheck makes a probe of a queue. What lies in a queue of failures was given
// up, which somebody has to look at.
func QueueCheck(name string, deadLetter bool, depth func(ctx context.Context) (int, error)) Check {
	return Check{Name: name, Run: func(ctx context.Context) (string, bool, error) {
		n, err := depth(ctx)
		return fmt.Sprintf("%d waiting", n), deadLetter && n > 0, err
	}}
}

// HeartbeatStore is a mark that runs through the stream.
type HeartbeatStore interface {
	// SendHeartbeat writes a mark.
	SendHeartbeat(ctx context.Context, at time.Time) error

	// LastHeartbeatAck is the newest mark that a follower of the stream has answered, and
	// when it did; zero times when there is none.
	LastHeartbeatAck(ctx context.Context, consumer string) (sentAt, ackedAt time.Time, err error)
}

// lookAgain is how often a probe looks for the echo, and late how old an echo
// may be before its follower is behind.
const (
	pollInterval = 50 * time.Millisecond
	maxStreamLag = 2500 * time.Millisecond
)

// StreamCheck makes a probe that sends a mark through the stream and waits for the
// follower's echo: what it says is the way a ticket's entry takes as well.
func StreamCheck(consumer string, heartbeats HeartbeatStore, now func() time.Time) Check {
	return Check{Name: consumer, Run: func(ctx context.Context) (string, bool, error) {
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
				return fmt.Sprintf("%d ms behind", max(0, ackedAt.Sub(sentAt).Milliseconds())), false, nil
			case now().Sub(started) > maxStreamLag && ackedAt.IsZero():
				return "has never answered", true, nil
			case now().Sub(started) > maxStreamLag:
				return fmt.Sprintf("more than %d ms behind; answered last at %s", maxStreamLag.Milliseconds(), ackedAt.Format(time.RFC3339)), true, nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(pollInterval):
			}
		}
	}}
}
