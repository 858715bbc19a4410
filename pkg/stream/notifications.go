package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
)

// CreateNotifications returns a Handler that creates the notifications of new
// entries.
func CreateNotifications(notifier *notification.Notifier) Handler {
	return on(func(ctx context.Context, e event.EntryAppended) error {
		return notifier.NotifyEntry(ctx, e.Entry)
	})
}

// PushNotifications returns a Handler that pushes new notifications to the open
// sockets of their recipients.
func PushNotifications(publisher Publisher) Handler {
	return on(func(ctx context.Context, e event.NotificationCreated) error {
		if e.Notification.Hidden || e.Notification.Read {
			return nil
		}
		return publisher.PublishNotification(ctx, e.Notification)
	})
}

// DeliveryQueue takes delivery jobs.
type DeliveryQueue interface {
	// Send enqueues jobs that become visible after the delay.
	Send(ctx context.Context, delay time.Duration, jobs ...notification.DeliveryJob) error
}

// EnqueueDeliveries returns a Handler that enqueues the deliveries of new
// notifications. They are delayed, so that a notification that is read meanwhile
// is not sent by e-mail or SMS. Broadcasts are not delayed, nor are the notices about a
// change of the phone number.
func EnqueueDeliveries(queue DeliveryQueue, key notification.Sealer, delay time.Duration) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.NotificationCreated:
			return enqueueNotification(ctx, queue, e.Notification, delay)
		case event.UserChanged:
			if jobs := notification.PhoneNotices(key, e.Old, e.New); len(jobs) > 0 {
				return queue.Send(ctx, 0, jobs...)
			}
		}
		return nil
	}
}

func enqueueNotification(ctx context.Context, queue DeliveryQueue, n notification.Notification, delay time.Duration) error {
	var jobs []notification.DeliveryJob
	for _, channel := range n.PendingChannels() {
		jobs = append(jobs, notification.DeliveryJob{UserID: n.UserID, ID: n.ID, Channel: channel, TicketID: n.TicketID})
	}
	if len(jobs) == 0 {
		return nil
	}
	if n.Kind == notification.KindBroadcast {
		delay = 0
	}
	return queue.Send(ctx, delay, jobs...)
}
