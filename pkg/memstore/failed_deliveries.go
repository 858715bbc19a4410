package memstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
)

// FailedDeliveries implements notification.FailedDeliveryStore.
func (s *Store) FailedDeliveries(_ context.Context, after string, limit int) (list []notification.ChannelDelivery, next string, err error) {
	err = s.do("FailedDeliveries", after, func() error {
		for _, own := range s.notifications {
			for _, stored := range own {
				for _, channel := range notification.Channels() {
					if stored.Deliveries[channel].State == notification.Failed && stored.CreatedAt.Add(notification.TTL).After(s.now()) {
						list = append(list, notification.ChannelDelivery{Notification: cloneNotification(stored.Notification), Channel: channel})
					}
				}
			}
		}
		order := func(id, channel, otherID, otherChannel string) int {
			if id != otherID {
				return strings.Compare(otherID, id)
			}
			return strings.Compare(channel, otherChannel)
		}
		slices.SortFunc(list, func(a, b notification.ChannelDelivery) int {
			return order(a.Notification.ID, string(a.Channel), b.Notification.ID, string(b.Channel))
		})
		afterID, afterChannel, found := strings.Cut(after, "/")
		list = slices.DeleteFunc(list, func(d notification.ChannelDelivery) bool {
			return found && order(d.Notification.ID, string(d.Channel), afterID, afterChannel) <= 0
		})
		if len(list) > limit {
			list = list[:limit]
			next = list[limit-1].Position()
		}
		return nil
	})
	return list, next, err
}

// AttemptedNotification implements notification.FailedDeliveryStore.
func (s *Store) AttemptedNotification(_ context.Context, id string) (n notification.Notification, err error) {
	err = s.do("AttemptedNotification", id, func() error {
		for _, own := range s.notifications {
			stored, found := own[id]
			for _, d := range stored.Deliveries {
				if found && d.Attempts > 0 {
					n = cloneNotification(stored.Notification)
					return nil
				}
			}
		}
		return apperr.New(apperr.DeliveryNotFound, "")
	})
	return n, err
}

// RequeueDelivery implements notification.FailedDeliveryStore.
func (s *Store) RequeueDelivery(_ context.Context, d notification.ChannelDelivery, at time.Time, r audit.Record) error {
	return s.do("RequeueDelivery", d.Notification.ID, func() error {
		own := s.notifications[d.Notification.UserID][d.Notification.ID]
		current := own.Deliveries[d.Channel]
		if current.State != notification.Failed || !current.At.Equal(d.Notification.Deliveries[d.Channel].At) {
			return apperr.New(apperr.DeliveryNotFailed, "")
		}
		current.State, current.At = notification.Queued, at
		own.Deliveries[d.Channel] = current
		s.audit = append(s.audit, r)
		return nil
	})
}
