package stream

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
)

// CountsPublishStore stores the counts of tickets, and when they were published.
type CountsPublishStore interface {
	PublishRoundStore
	// TicketCounts returns the current counts, strongly consistent.
	TicketCounts(ctx context.Context) (stats.Snapshot, error)
}

// CountsPublisher publishes the counts to the subscribers of the queue.
type CountsPublisher interface {
	// HasQueueSubscribers reports whether there are any.
	HasQueueSubscribers(ctx context.Context) (bool, error)
	// PublishCounts sends each subscriber the counts.
	PublishCounts(ctx context.Context, counts stats.Snapshot) error
}

// PublishCounts returns a Handler that publishes the counts after they have changed: at once, or in a publish
// round if the last publication was a moment ago.
func PublishCounts(store CountsPublishStore, publisher CountsPublisher) Handler {
	publish := func(ctx context.Context, round int, published time.Time) error {
		return publishRound(ctx, store, "", round, published, func() error {
			counts, err := store.TicketCounts(ctx)
			if err != nil {
				return err
			}
			return publisher.PublishCounts(ctx, counts)
		})
	}
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		switch e := e.(type) {
		case event.TicketCountsChanged:
			if slices.Contains(earlier, event.Event(e)) {
				return nil
			}
			if watched, err := publisher.HasQueueSubscribers(ctx); err != nil || !watched {
				return err
			}
			return publish(ctx, 0, time.Time{})
		case event.CountsPublishRequested:
			return publish(ctx, e.Round, e.Published)
		}
		return nil
	}
}
