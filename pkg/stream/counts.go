package stream

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
)

// CountsPushStore stores the counts of tickets, and when they were pushed.
type CountsPushStore interface {
	PushRoundStore
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

// PushCounts returns a Handler that pushes the counts after they have changed: at once, or in a push
// round if the last push was a moment ago.
func PushCounts(store CountsPushStore, publisher CountsPublisher) Handler {
	push := func(ctx context.Context, round int, pushed time.Time) error {
		return pushRound(ctx, store, "", round, pushed, func() error {
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
			return push(ctx, 0, time.Time{})
		case event.CountsPushRequested:
			return push(ctx, e.Round, e.Pushed)
		}
		return nil
	}
}
