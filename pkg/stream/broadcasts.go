package stream

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/dynamo"
)

// BroadcastQueue takes the ids of broadcasts that are to be run.
type BroadcastQueue interface {
	SendText(ctx context.Context, text string) error
}

// EnqueueBroadcasts has new broadcasts run.
func EnqueueBroadcasts(queue BroadcastQueue) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.BroadcastID == "" || !change.Created {
			return nil
		}
		return queue.SendText(ctx, change.BroadcastID)
	}
}

// broadcastTimeLimit is how long one invocation sends pages of a broadcast. It is well
// within the function's time-out, and the next one goes on from where it ended.
const broadcastTimeLimit = 15 * time.Second

// RunBroadcasts makes the handler that runs broadcasts. One that is not finished
// in time is put back for the next invocation; one that failed comes again by
// itself, after the queue's visibility time-out.
func RunBroadcasts(runner *broadcast.Runner, queue BroadcastQueue, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		out := emptyBatchResponse()
		for _, message := range batch.Records {
			finished, err := runner.Run(ctx, message.Body, runner.Now().Add(broadcastTimeLimit))
			if err == nil && !finished {
				err = queue.SendText(ctx, message.Body)
			}
			if err != nil {
				log.ErrorContext(ctx, "broadcast interrupted", slog.String("broadcast", message.Body), slog.Any("error", err))
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		}
		return out, nil
	}
}
