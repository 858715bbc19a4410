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

// Hider keeps a message that has failed from coming back too early.
type Hider interface {
	Hide(ctx context.Context, receipt string, wait time.Duration) error
}

// Orders makes the handler that carries out orders of deliveries, those of a
// batch side by side. What failed is reported and comes again after its wait.
func Orders(courier *notification.Courier, queue Hider, log *slog.Logger) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		var (
			out  = noneFailed()
			mu   sync.Mutex
			wait sync.WaitGroup
		)
		for _, message := range batch.Records {
			wait.Go(func() {
				if carryOut(ctx, courier, queue, log, message) {
					return
				}
				mu.Lock()
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
				mu.Unlock()
			})
		}
		wait.Wait()
		return out, nil
	}
}

// noneFailed is the report of a batch without failures. It holds a list, for
// an emulator of Lambda's queues takes null for no report at all.
func noneFailed() events.SQSEventResponse {
	return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
}

// carryOut says whether the order is done with.
func carryOut(ctx context.Context, courier *notification.Courier, queue Hider, log *slog.Logger, message events.SQSMessage) bool {
	var order notification.Order
	if err := json.Unmarshal([]byte(message.Body), &order); err != nil {
		log.ErrorContext(ctx, "no order", slog.String("message", message.MessageId), slog.Any("error", err))
		return false // for the queue of failures, where somebody looks at it
	}
	wait, err := courier.Deliver(ctx, order)
	if err == nil {
		return true
	}
	log.WarnContext(ctx, "not delivered", slog.String("notification", order.ID), slog.String("channel", string(order.Channel)), slog.Any("error", err))
	if err := queue.Hide(ctx, message.ReceiptHandle, wait); err != nil {
		log.WarnContext(ctx, "not hidden", slog.Any("error", err)) // it comes back when the queue says so
	}
	return false
}
