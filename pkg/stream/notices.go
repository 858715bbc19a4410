package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/table"
)

// Notices makes the notifications that follow from entries.
func Notices(maker *notification.Maker) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Entry == nil || !c.Created {
			return nil
		}
		return maker.Entry(ctx, *c.Entry)
	}
}

// Shown pushes new notifications to the open sockets of their owners.
func Shown(news *api.News) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Notice == nil || !c.Created || c.Notice.Silent {
			return nil
		}
		return news.Notification(ctx, *c.Notice)
	}
}

// Queue takes orders that are not to be seen before a delay is over.
type Queue interface {
	Send(ctx context.Context, delay time.Duration, orders ...notification.Order) error
}

// Ordered orders the deliveries of new notifications. settle is how long they
// wait: who reads what was written in the meantime gets no mail about it. A
// broadcast does not wait.
func Ordered(queue Queue, settle time.Duration) Effect {
	return func(ctx context.Context, c table.Change) error {
		if c.Notice == nil || !c.Created {
			return nil
		}
		var orders []notification.Order
		for _, channel := range c.Notice.Waiting() {
			orders = append(orders, notification.Order{UserID: c.Notice.UserID, ID: c.Notice.ID, Channel: channel})
		}
		if len(orders) == 0 {
			return nil
		}
		if c.Notice.Kind == notification.KindBroadcast {
			return queue.Send(ctx, 0, orders...)
		}
		return queue.Send(ctx, settle, orders...)
	}
}
