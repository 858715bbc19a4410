package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
)

// CreateNotifications returns a Handler that creates the notifications of new
// entries.
func CreateNotifications(notifier *notification.Notifier) Handler {
	return on(func(ctx context.Context, e event.EntryAppended) error {
		return notifier.NotifyEntry(ctx, e.Entry)
	})
}

// NotificationReadStore marks the notifications of read entries.
type NotificationReadStore interface {
	// ReadLogRange is the method of LogReader.
	ReadLogRange(ctx context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error)
	// MarkNotificationsRead marks notifications as read. It ignores unknown IDs.
	MarkNotificationsRead(ctx context.Context, userID string, ids []string) error
}

// The number of entries in one read, and of reads, to mark the notifications of read
// entries.
const (
	readEntriesPage  = 99
	readEntriesPages = 10
)

// MarkEntriesRead returns a Handler that marks the notifications of entries as read when
// the recipient has read the entries, at most the newest 990. It follows the handler
// that creates them, because entries and read markers are in one partition.
func MarkEntriesRead(store NotificationReadStore, remindAfter time.Duration) Handler {
	return on(func(ctx context.Context, e event.ReadMarkerMoved) error {
		reader, to := e.Marker.Reader.ID, e.Marker.Seq
		for page := 0; page < readEntriesPages && to > e.Before; page++ {
			log, err := store.ReadLogRange(ctx, e.Marker.TicketID, e.Before+1, to, readEntriesPage, true)
			if err != nil || len(log.Entries) == 0 {
				return err
			}
			// The reader is taken for the customer: unknown ids are ignored.
			if ids := notification.IDsForEntries(reader, log.Entries, remindAfter)[reader]; len(ids) > 0 {
				if err := store.MarkNotificationsRead(ctx, reader, ids); err != nil {
					return err
				}
			}
			to = log.Entries[0].Seq - 1
		}
		return nil
	})
}

// PublishNotifications returns a Handler that publishes new notifications, and the count of
// unread ones after some were read, to the open sockets of their recipients.
func PublishNotifications(publisher Publisher) Handler {
	return func(ctx context.Context, e event.Event, _ ...event.Event) error {
		switch e := e.(type) {
		case event.NotificationCreated:
			if !e.Notification.Hidden && !e.Notification.Read {
				return publisher.PublishNotification(ctx, e.Notification)
			}
		case event.NotificationsRead:
			return publisher.PublishUnread(ctx, e.UserID, e.Unread)
		}
		return nil
	}
}

// EnqueueDeliveries returns a Handler that enqueues the deliveries of new
// notifications. They are delayed, so that a notification that is read meanwhile
// is not sent by e-mail or SMS. Broadcasts are not delayed.
func EnqueueDeliveries(queue notification.JobQueue, delay time.Duration) Handler {
	return on(func(ctx context.Context, e event.NotificationCreated) error {
		return enqueueNotification(ctx, queue, e.Notification, delay)
	})
}

// EnqueueChangeNotices returns a Handler that enqueues the notices about a change of the phone
// number, the password or the e-mail address. A notice is sent for each call, so it runs after
// revoke, handlers that may fail for the same event and be repeated.
func EnqueueChangeNotices(queue notification.JobQueue, key notification.Sealer, revoke ...Handler) Handler {
	notify := on(func(ctx context.Context, e event.UserChanged) error {
		jobs := notification.ChangeNotices(key, e.Old, e.New)
		if len(jobs) == 0 {
			return nil
		}
		return queue.Send(ctx, 0, jobs...)
	})
	return InOrder(append(revoke, notify)...)
}

func enqueueNotification(ctx context.Context, queue notification.JobQueue, n notification.Notification, delay time.Duration) error {
	var jobs []notification.DeliveryJob
	for _, channel := range n.PendingChannels() {
		jobs = append(jobs, notification.DeliveryJob{UserID: n.UserID, ID: n.ID, Channel: channel, TicketID: n.TicketID, RequestID: n.RequestID})
	}
	if len(jobs) == 0 {
		return nil
	}
	if n.Kind == notification.KindBroadcast {
		delay = 0
	}
	return queue.Send(ctx, delay, jobs...)
}
