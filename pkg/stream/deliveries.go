package stream

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/notification"
)

// VisibilityChanger keeps a message that has failed from coming back too early.
type VisibilityChanger interface {
	ChangeVisibility(ctx context.Context, receipt string, timeout time.Duration) error
}

// DeliverNotifications makes the handler that carries out orders of deliveries, those of a
// batch side by side. What failed is reported and comes again after its wait.
func DeliverNotifications(deliverer *notification.Deliverer, queue VisibilityChanger, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		var (
			out = emptyBatchResponse()
			mu  sync.Mutex
			wg  sync.WaitGroup
		)
		for _, message := range batch.Records {
			wg.Go(func() {
				if deliver(ctx, deliverer, queue, log, message) {
					return
				}
				mu.Lock()
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
				mu.Unlock()
			})
		}
		wg.Wait()
		return out, nil
	}
}

// emptyBatchResponse is the report of a batch without failures. It holds a list, for
// an emulator of Lambda's queues takes null for no report at all.
func emptyBatchResponse() events.SQSEventResponse {
	return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
}

// deliver says whether the order is done with.
func deliver(ctx context.Context, deliverer *notification.Deliverer, queue VisibilityChanger, log *slog.Logger, message events.SQSMessage) bool {
	var job notification.DeliveryJob
	if err := json.Unmarshal([]byte(message.Body), &job); err != nil {
		log.ErrorContext(ctx, "no order", slog.String("message", message.MessageId), slog.Any("error", err))
		return false // for the queue of failures, where somebody looks at it
	}
	retryAfter, err := deliverer.Deliver(ctx, job)
	if err == nil {
		return true
	}
	log.WarnContext(ctx, "not delivered", slog.String("notification", job.ID), slog.String("channel", string(job.Channel)), slog.Any("error", err))
	if err := queue.ChangeVisibility(ctx, message.ReceiptHandle, retryAfter); err != nil {
		log.WarnContext(ctx, "not hidden", slog.Any("error", err)) // it comes back when the queue says so
	}
	return false
}
