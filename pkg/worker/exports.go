package worker

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
)

// Exporter makes the files of exports.
type Exporter interface {
	// Run makes the file of a queued export. It is safe to repeat.
	Run(ctx context.Context, order string) error
}

// RunExports returns a handler that runs queued exports. A failed one is reported, and becomes
// visible again after the queue's visibility timeout.
func RunExports(exporter Exporter, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return handleBatch(func(ctx context.Context, message events.SQSMessage) bool {
		err := exporter.Run(ctx, message.Body)
		if err != nil {
			log.ErrorContext(ctx, "export failed", slog.String("message", message.MessageId), slog.Any("error", err))
		}
		return err == nil
	})
}
