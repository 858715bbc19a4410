package ws

import (
	"context"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/user"
)

// PublishNotification pushes a new notification to its owner.
func (p *Publisher) PublishNotification(ctx context.Context, n notification.Notification) error {
	owner := func(p user.Principal) bool { return p.UserID == n.UserID }
	return p.publish(ctx, []string{realtime.UserTopic(n.UserID)}, owner, func(sub realtime.Subscriber) any {
		return notificationFrame{"notification", wire.ViewNotification(n, sub.Locale)}
	})
}

// PublishUnread pushes the number of unread notifications to their owner.
func (p *Publisher) PublishUnread(ctx context.Context, userID string, unread int) error {
	owner := func(p user.Principal) bool { return p.UserID == userID }
	frame := encodeOnce(unreadFrame{"notifications", unread})
	return p.publish(ctx, []string{realtime.UserTopic(userID)}, owner, func(realtime.Subscriber) any { return frame })
}

// PublishBroadcast pushes a broadcast to its author, who may see it while an administrator.
func (p *Publisher) PublishBroadcast(ctx context.Context, b broadcast.Broadcast) error {
	author := func(p user.Principal) bool { return p.UserID == b.AuthorID && p.Role == user.RoleAdmin }
	frame := encodeOnce(broadcastFrame{"broadcast", wire.ViewBroadcast(b)})
	return p.publish(ctx, []string{realtime.UserTopic(b.AuthorID)}, author, func(realtime.Subscriber) any { return frame })
}

// PublishCounts pushes the numbers of tickets to the subscribers of the queue.
func (p *Publisher) PublishCounts(ctx context.Context, counts stats.Snapshot) error {
	return p.publish(ctx, []string{realtime.QueueTopic}, staffOnly, func(sub realtime.Subscriber) any {
		return countsFrame{"counts", wire.ViewTicketCounts(counts, sub.UserID, sub.Locale)}
	})
}

// HasQueueSubscribers implements stream.CountsPublisher.
func (p *Publisher) HasQueueSubscribers(ctx context.Context) (bool, error) {
	return p.hasSubscribers(ctx, realtime.QueueTopic)
}

// IsConnected implements stream.BroadcastPublisher.
func (p *Publisher) IsConnected(ctx context.Context, userID string) (bool, error) {
	return p.hasSubscribers(ctx, realtime.UserTopic(userID))
}

func (p *Publisher) hasSubscribers(ctx context.Context, topic string) (bool, error) {
	subscribers, err := p.Hub.Subscribers(ctx, []string{topic})
	return len(subscribers) > 0, err
}
