package stream

import (
	"context"
	"errors"
	"time"
)

// publishInterval is the shortest time between two publications of the counts, or of a broadcast.
const publishInterval = 2 * time.Second

// PublishRoundStore stores when a broadcast, or "" for the counts of tickets, was published.
type PublishRoundStore interface {
	// RequestPublish starts a round, which the stream reports. It does nothing unless after is
	// 0 or the newest round and not claimed, or while it knows a round of the counts that cannot be
	// claimed yet, because the last publication is more recent than the interval.
	RequestPublish(ctx context.Context, broadcastID string, after int, interval time.Duration) error
	// ClaimPublish records a publication now. claimed is false if the round is not the newest one or
	// was claimed, or if the last publication is more recent than the interval. It writes nothing if that
	// is so of published, the last publication that the caller knows. Round 0 claims a publication without a
	// request, and all rounds so far with it.
	ClaimPublish(ctx context.Context, broadcastID string, round int, published time.Time, interval time.Duration) (claimed bool, err error)
}

// publishRound publishes in a round, or without one if round is 0, at most once per publishInterval. If it is
// too early it starts the next round, so the last change is published too; the stream delays each round
// by its own latency. Of several rounds only the newest one goes on.
func publishRound(ctx context.Context, store PublishRoundStore, broadcastID string, round int, published time.Time, publish func() error) error {
	claimed, err := store.ClaimPublish(ctx, broadcastID, round, published, publishInterval)
	if err != nil {
		return err
	}
	if !claimed {
		return store.RequestPublish(ctx, broadcastID, round, publishInterval)
	}
	if err := publish(); err != nil { // the round is claimed, so another one publishes
		return errors.Join(err, store.RequestPublish(ctx, broadcastID, 0, publishInterval))
	}
	return nil
}
