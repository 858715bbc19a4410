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

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/parallel"
)

// VisibilityChanger delays the next attempt of a received queue message.
type VisibilityChanger interface {
	// ChangeVisibility hides the message for the timeout from now.
	ChangeVisibility(ctx context.Context, receipt string, timeout time.Duration) error
}

// codeRetryDelay is the delay before a one-time code is sent again.
const codeRetryDelay = 5 * time.Second

// Deliveries runs the jobs of the delivery queue: notifications and one-time codes.
type Deliveries struct {
	Deliverer *notification.Deliverer
	Codes     *account.CodeSender
	Queue     VisibilityChanger
	Log       *slog.Logger
}

// HandleBatch returns a handler that runs the jobs of a batch concurrently. A failed job
// is reported, and becomes visible again after its back-off.
func (d *Deliveries) HandleBatch() func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
		out := emptyBatchResponse()
		var mu sync.Mutex
		err := parallel.ForEach(batch.Records, len(batch.Records), func(message events.SQSMessage) error {
			if !d.deliver(ctx, message) {
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

// deliver runs a job and reports whether it is complete. The log never contains the body
// of a message.
func (d *Deliveries) deliver(ctx context.Context, message events.SQSMessage) bool {
	var job struct {
		notification.DeliveryJob

		Code string `json:"code"`
	}
	if err := json.Unmarshal([]byte(message.Body), &job); err != nil {
		d.Log.ErrorContext(ctx, "invalid delivery job", slog.String("message", message.MessageId), slog.Any("error", err))
		return false // it ends in the dead-letter queue
	}
	if job.Code != "" {
		return d.sendCode(ctx, message, job.Code)
	}
	retryAfter, err := d.Deliverer.Deliver(ctx, job.DeliveryJob)
	if err == nil {
		return true
	}
	d.Log.WarnContext(ctx, "delivery failed", slog.String("notification", job.ID), slog.String("channel", string(job.Channel)), slog.Any("error", err))
	d.hide(ctx, message, retryAfter)
	return false
}

// sendCode sends a one-time code and reports whether the job is complete. A code above a
// global limit is not sent later, because it would be outdated.
func (d *Deliveries) sendCode(ctx context.Context, message events.SQSMessage, sealed string) bool {
	err := d.Codes.SendQueuedCode(ctx, sealed)
	switch {
	case err == nil:
		return true
	case errors.Is(err, account.ErrCodeLimit):
		d.Log.ErrorContext(ctx, "one-time code not sent", slog.String("message", message.MessageId), slog.Any("error", err)) // an alarm counts these
		return true
	}
	d.Log.WarnContext(ctx, "one-time code failed", slog.String("message", message.MessageId), slog.Any("error", err))
	d.hide(ctx, message, codeRetryDelay)
	return false
}

// hide delays the next attempt of a failed job.
func (d *Deliveries) hide(ctx context.Context, message events.SQSMessage, timeout time.Duration) {
	if err := d.Queue.ChangeVisibility(ctx, message.ReceiptHandle, timeout); err != nil {
		d.Log.WarnContext(ctx, "visibility timeout not changed", slog.Any("error", err)) // the queue's own timeout applies
	}
}
