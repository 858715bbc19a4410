package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ws"
)

// CreateNotifications makes the notifications that follow from entries.
func CreateNotifications(notifier *notification.Notifier) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.Entry == nil || !change.Created {
			return nil
		}
		return notifier.NotifyEntry(ctx, *change.Entry)
	}
}

// PushNotifications pushes new notifications to the open sockets of their owners.
func PushNotifications(publisher *ws.Publisher) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.Notification == nil || !change.Created || change.Notification.Hidden {
			return nil
		}
		return publisher.PublishNotification(ctx, *change.Notification)
	}
}

// DeliveryQueue takes orders that are not to be seen before a delay is over.
type DeliveryQueue interface {
	Send(ctx context.Context, delay time.Duration, jobs ...notification.DeliveryJob) error
}

// EnqueueDeliveries orders the deliveries of new notifications. settle is how long they
// wait: who reads what was written in the meantime gets no mail about it. A
// broadcast does not wait.
func EnqueueDeliveries(queue DeliveryQueue, delay time.Duration) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.Notification == nil || !change.Created {
			return nil
		}
		var jobs []notification.DeliveryJob
		for _, channel := range change.Notification.PendingChannels() {
			jobs = append(jobs, notification.DeliveryJob{UserID: change.Notification.UserID, ID: change.Notification.ID, Channel: channel})
		}
		if len(jobs) == 0 {
			return nil
		}
		if change.Notification.Kind == notification.KindBroadcast {
			return queue.Send(ctx, 0, jobs...)
		}
		return queue.Send(ctx, delay, jobs...)
	}
}
