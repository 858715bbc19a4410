package stream

import (
	"context"
	"errors"
	"slices"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
)

// countsPushInterval is the shortest time between two pushes of the counts.
const countsPushInterval = 2 * time.Second

// CountsPushStore stores when the counts of tickets were pushed.
type CountsPushStore interface {
	// RequestCountsPush starts a round, which the stream reports. It does nothing unless after is
	// 0 or the newest round and not claimed.
	RequestCountsPush(ctx context.Context, after int) error
	// ClaimCountsPush records a push now. claimed is false if the round is not the newest one or
	// was claimed, or if the last push is more recent than the interval.
	ClaimCountsPush(ctx context.Context, round int, interval time.Duration) (claimed bool, err error)
	// TicketCounts returns the current counts, strongly consistent.
	TicketCounts(ctx context.Context) (stats.Snapshot, error)
}

// CountsPublisher pushes the counts to the subscribers of the queue.
type CountsPublisher interface {
	// HasQueueSubscribers reports whether there are any.
	HasQueueSubscribers(ctx context.Context) (bool, error)
	// PublishCounts sends each subscriber the counts.
	PublishCounts(ctx context.Context, counts stats.Snapshot) error
}

// PushCounts returns a Handler that pushes the counts after they have changed, at most once per
// countsPushInterval. A round that comes too early starts the next one, so the last change is
// pushed too; the stream delays each round by its own latency. Of several rounds only the newest
// one goes on.
func PushCounts(store CountsPushStore, publisher CountsPublisher) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		switch e := e.(type) {
		case event.TicketCountsChanged:
			if slices.Contains(earlier, event.Event(e)) {
				return nil
			}
			if watched, err := publisher.HasQueueSubscribers(ctx); err != nil || !watched {
				return err
			}
			return store.RequestCountsPush(ctx, 0)
		case event.CountsPushRequested:
			claimed, err := store.ClaimCountsPush(ctx, e.Round, countsPushInterval)
			if err != nil {
				return err
			}
			if !claimed {
				return store.RequestCountsPush(ctx, e.Round)
			}
			counts, err := store.TicketCounts(ctx)
			if err == nil {
				err = publisher.PublishCounts(ctx, counts)
			}
			if err != nil { // the round is claimed, so another one pushes
				return errors.Join(err, store.RequestCountsPush(ctx, 0))
			}
		}
		return nil
	}
}
