package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
)

// codeRetryDelay is the delay before a one-time code is sent again.
const codeRetryDelay = 5 * time.Second

// Codes runs the jobs of the code queue. One-time codes have a queue of their own, so
// that notifications do not delay a login.
type Codes struct {
	Sender *account.CodeSender
	Queue  VisibilityChanger
	Log    *slog.Logger
}

// HandleBatch returns a handler that runs the jobs of a batch concurrently. A failed job
// is reported, and becomes visible again after codeRetryDelay.
func (c *Codes) HandleBatch() func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return handleBatch(c.send)
}

// send sends a one-time code and reports whether the job is complete. A code above a
// global limit is not sent later, because it would be outdated. The log never contains the
// body of a message.
func (c *Codes) send(ctx context.Context, message events.SQSMessage) bool {
	err := c.Sender.SendQueuedCode(ctx, message.Body)
	switch {
	case err == nil:
		return true
	case errors.Is(err, account.ErrCodeLimit):
		// An alarm of its own counts these. As an error, strangers could revert a deployment.
		c.Log.WarnContext(ctx, "one-time code not sent", slog.String("message", message.MessageId), slog.Any("error", err))
		return true
	}
	c.Log.WarnContext(ctx, "one-time code failed", slog.String("message", message.MessageId), slog.Any("error", err))
	hide(ctx, c.Log, c.Queue, message, codeRetryDelay)
	return false
}
