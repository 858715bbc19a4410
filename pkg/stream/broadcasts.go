package stream

import (
	"context"

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
