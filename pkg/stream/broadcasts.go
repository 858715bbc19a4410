package stream

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/table"
)

// Work takes the ids of broadcasts that are to be run.
type Work interface {
	Put(ctx context.Context, text string) error
}

// Started has new broadcasts run.
func Started(work Work) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Broadcast == "" || !c.Created {
			return nil
		}
		return work.Put(ctx, c.Broadcast)
	}
}

// runTime is how long one invocation sends pages of a broadcast. It is well
// within the function's time-out, and the next one goes on from where it ended.
const runTime = 15 * time.Second

// Broadcasts makes the handler that runs broadcasts. One that is not finished
// in time is put back for the next invocation; one that failed comes again by
// itself, after the queue's visibility time-out.
func Broadcasts(runner *broadcast.Runner, work Work, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		out := noneFailed()
		for _, message := range batch.Records {
			over, err := runner.Run(ctx, message.Body, runner.Now().Add(runTime))
			if err == nil && !over {
				err = work.Put(ctx, message.Body)
			}
			if err != nil {
				log.ErrorContext(ctx, "broadcast interrupted", slog.String("broadcast", message.Body), slog.Any("error", err))
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
		}
		return out, nil
	}
}
