package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/event"
)

// BroadcastQueue takes the ids of broadcasts to run.
type BroadcastQueue interface {
	SendText(ctx context.Context, text string) error
}

// EnqueueBroadcasts returns a Handler that enqueues new broadcasts.
func EnqueueBroadcasts(queue BroadcastQueue) Handler {
	return on(func(ctx context.Context, e event.BroadcastCreated) error {
		return queue.SendText(ctx, e.BroadcastID)
	})
}

// BroadcastPublishStore stores broadcasts, and when they were published.
type BroadcastPublishStore interface {
	PublishRoundStore
	// Broadcast returns a broadcast, or apperr.BroadcastNotFound.
	Broadcast(ctx context.Context, id string) (broadcast.Broadcast, error)
}

// BroadcastPublisher publishes broadcasts to their authors.
type BroadcastPublisher interface {
	// IsConnected reports whether a user has open connections.
	IsConnected(ctx context.Context, userID string) (bool, error)
	// PublishBroadcast sends the author a broadcast.
	PublishBroadcast(ctx context.Context, b broadcast.Broadcast) error
}

// PublishBroadcasts returns a Handler that publishes the progress and the end of broadcasts to their
// authors, in publish rounds.
func PublishBroadcasts(store BroadcastPublishStore, publisher BroadcastPublisher) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		switch e := e.(type) {
		case event.BroadcastChanged:
			if slices.Contains(earlier, event.Event(e)) {
				return nil
			}
			b, err := store.Broadcast(ctx, e.BroadcastID)
			if err != nil || b.AuthorID == "" { // of an earlier version
				return err
			}
			if connected, err := publisher.IsConnected(ctx, b.AuthorID); err != nil || !connected {
				return err
			}
			return store.RequestPublish(ctx, b.ID, 0, publishInterval)
		case event.BroadcastPublishRequested:
			return publishRound(ctx, store, e.BroadcastID, e.Round, e.Published, func() error {
				b, err := store.Broadcast(ctx, e.BroadcastID)
				if err != nil {
					return err
				}
				return publisher.PublishBroadcast(ctx, b)
			})
		}
		return nil
	}
}
