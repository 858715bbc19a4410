package notification

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
)

// ChannelDelivery is the delivery of a notification on one channel.
type ChannelDelivery struct {
	Notification Notification
	Channel      Channel
}

// Position returns the position of a delivery in lists.
func (d ChannelDelivery) Position() string { return d.Notification.ID + "/" + string(d.Channel) }

// FailedDeliveryStore lists and retries failed deliveries.
type FailedDeliveryStore interface {
	// FailedDeliveries returns a page of the failed deliveries of the newest notifications, and
	// the position of the next page; "" after the last.
	FailedDeliveries(ctx context.Context, after string, limit int) (list []ChannelDelivery, next string, err error)
	// AttemptedNotification returns a notification with a delivery that was attempted. Returns
	// apperr.DeliveryNotFound.
	AttemptedNotification(ctx context.Context, id string) (Notification, error)
	// RequeueDelivery marks a failed delivery as queued and stores the audit record. Returns
	// apperr.DeliveryNotFailed if the delivery has changed.
	RequeueDelivery(ctx context.Context, d ChannelDelivery, at time.Time, r audit.Record) error
}

// JobQueue takes delivery jobs.
type JobQueue interface {
	// Send enqueues jobs that become visible after the delay.
	Send(ctx context.Context, delay time.Duration, jobs ...DeliveryJob) error
}

// Retrier retries failed deliveries for administrators.
type Retrier struct {
	Store    FailedDeliveryStore
	Queue    JobQueue
	Recorder audit.Recorder
}

// retryJobDelay lets the delivery be marked as queued before its job runs.
const retryJobDelay = 2 * time.Second

// Retry enqueues a failed delivery. The job is sent first: one without the mark is an attempt
// that is safe to repeat, while a mark without a job would never be delivered. Returns
// apperr.DeliveryNotFound or apperr.DeliveryNotFailed.
func (r *Retrier) Retry(ctx context.Context, actor audit.Actor, id string, channel Channel) (ChannelDelivery, error) {
	n, err := r.Store.AttemptedNotification(ctx, id)
	if err != nil {
		return ChannelDelivery{}, err
	}
	d := ChannelDelivery{n, channel}
	state, planned := n.Deliveries[channel]
	switch {
	case !planned:
		return d, apperr.New(apperr.DeliveryNotFound, "")
	case state.State != Failed:
		return d, apperr.New(apperr.DeliveryNotFailed, "")
	}
	if err := r.Queue.Send(ctx, retryJobDelay, DeliveryJob{UserID: n.UserID, ID: n.ID, Channel: channel, TicketID: n.TicketID, RequestID: n.RequestID}); err != nil {
		return d, err
	}
	at := r.Recorder.Now()
	record := r.Recorder.NewRecord(actor, audit.DeliveryRetried, d.Position(), nil, nil)
	if err := r.Store.RequeueDelivery(ctx, d, at, record); err != nil {
		return d, err
	}
	state.State, state.At = Queued, at
	n.Deliveries[channel] = state
	return d, nil
}
