// Package worker handles everything that starts a Lambda function but HTTP,
// WebSocket and the table's stream: queues, topics, the bucket, schedules,
// operators and CloudFormation.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/requestlog"
)

// VisibilityChanger delays the next attempt of a received queue message.
type VisibilityChanger interface {
	// ChangeVisibility hides the message for the timeout from now.
	ChangeVisibility(ctx context.Context, receipt string, timeout time.Duration) error
}

// Deliveries runs the jobs of the delivery queue.
type Deliveries struct {
	Deliverer *notification.Deliverer
	Queue     VisibilityChanger
	Log       *slog.Logger
	Requests  *requestlog.Logger // nil logs no completed deliveries
}

// HandleBatch returns a handler that runs the jobs of a batch concurrently. A failed job
// is reported, and becomes visible again after its back-off.
func (d *Deliveries) HandleBatch() func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return handleBatch(d.deliver)
}

// handleBatch returns a handler that runs the messages of a batch concurrently and reports
// those for which run returns false.
func handleBatch(run func(context.Context, events.SQSMessage) bool) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		out := emptyBatchResponse()
		var mu sync.Mutex
		err := parallel.ForEach(batch.Records, len(batch.Records), func(message events.SQSMessage) error {
			if !run(ctx, message) {
				mu.Lock()
				defer mu.Unlock()
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			}
			return nil
		})
		return out, err
	}
}

// emptyBatchResponse returns a response without failures. The list is not nil,
// because some emulators of Lambda read null as a missing response.
func emptyBatchResponse() events.SQSEventResponse {
	return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
}

// deliver runs a job and reports whether it is complete.
func (d *Deliveries) deliver(ctx context.Context, message events.SQSMessage) bool {
	var job notification.DeliveryJob
	if err := json.Unmarshal([]byte(message.Body), &job); err != nil {
		d.Log.ErrorContext(ctx, "invalid delivery job", slog.String("message", message.MessageId), slog.Any("error", err))
		return false // it ends in the dead-letter queue
	}
	ctx = requestlog.WithID(ctx, job.RequestID)
	retryAfter, err := d.Deliverer.Deliver(ctx, job)
	if err == nil {
		d.Requests.Step(ctx, "delivery completed", slog.String("notification", job.ID), slog.String("channel", string(job.Channel)))
		return true
	}
	if errors.Is(err, notification.ErrThrottled) {
		d.Log.InfoContext(ctx, "delivery postponed", slog.String("notification", job.ID), slog.String("channel", string(job.Channel)), slog.Any("error", err))
		return true // another message repeats the job
	}
	d.Log.WarnContext(ctx, "delivery failed", slog.String("notification", job.ID), slog.String("channel", string(job.Channel)), slog.Any("error", err))
	hide(ctx, d.Log, d.Queue, message, retryAfter)
	return false
}

// hide delays the next attempt of a failed job.
func hide(ctx context.Context, log *slog.Logger, queue VisibilityChanger, message events.SQSMessage, timeout time.Duration) {
	if err := queue.ChangeVisibility(ctx, message.ReceiptHandle, timeout); err != nil {
		log.WarnContext(ctx, "visibility timeout not changed", slog.Any("error", err)) // the queue's own timeout applies
	}
}
