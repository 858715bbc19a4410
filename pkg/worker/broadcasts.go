package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/broadcast"
)

// BroadcastQueue takes the ids of broadcasts to run.
type BroadcastQueue interface {
	SendText(ctx context.Context, text string) error
}

// broadcastTimeLimit is how long one invocation works on a broadcast. It is well
// below the timeout of the function.
const broadcastTimeLimit = 15 * time.Second

// RunBroadcasts returns a handler that runs broadcasts. It enqueues a broadcast
// again that is not finished within the time limit. A failed one is reported, and
// becomes visible again after the queue's visibility timeout.
func RunBroadcasts(runner *broadcast.Runner, queue BroadcastQueue, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return handleBatch(func(ctx context.Context, message events.SQSMessage) bool {
		finished, err := runner.Run(ctx, message.Body, runner.Now().Add(broadcastTimeLimit))
		if err == nil && !finished {
			err = queue.SendText(ctx, message.Body)
		}
		if err != nil {
			log.ErrorContext(ctx, "broadcast interrupted", slog.String("broadcast", message.Body), slog.Any("error", err))
		}
		return err == nil
	})
}
