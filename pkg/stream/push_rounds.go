package stream

import (
	"context"
	"errors"
	"time"
)

// pushInterval is the shortest time between two pushes of the counts, or of a broadcast.
const pushInterval = 2 * time.Second

// PushRoundStore stores when a broadcast, or "" for the counts of tickets, was pushed.
type PushRoundStore interface {
	// RequestPush starts a round, which the stream reports. It does nothing unless after is
	// 0 or the newest round and not claimed, or while it knows a round of the counts that cannot be
	// claimed yet, because the last push is more recent than the interval.
	RequestPush(ctx context.Context, broadcastID string, after int, interval time.Duration) error
	// ClaimPush records a push now. claimed is false if the round is not the newest one or
	// was claimed, or if the last push is more recent than the interval. It writes nothing if that
	// is so of pushed, the last push that the caller knows. Round 0 claims a push without a
	// request, and all rounds so far with it.
	ClaimPush(ctx context.Context, broadcastID string, round int, pushed time.Time, interval time.Duration) (claimed bool, err error)
}

// pushRound pushes in a round, or without one if round is 0, at most once per pushInterval. If it is
// too early it starts the next round, so the last change is pushed too; the stream delays each round
// by its own latency. Of several rounds only the newest one goes on.
func pushRound(ctx context.Context, store PushRoundStore, broadcastID string, round int, pushed time.Time, push func() error) error {
	claimed, err := store.ClaimPush(ctx, broadcastID, round, pushed, pushInterval)
	if err != nil {
		return err
	}
	if !claimed {
		return store.RequestPush(ctx, broadcastID, round, pushInterval)
	}
	if err := push(); err != nil { // the round is claimed, so another one pushes
		return errors.Join(err, store.RequestPush(ctx, broadcastID, 0, pushInterval))
	}
	return nil
}
