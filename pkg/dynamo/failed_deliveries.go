package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
)

var _ notification.FailedDeliveryStore = (*Store)(nil)

// FailedDeliveries implements notification.FailedDeliveryStore. It reads the notifications of
// the index rows, because a row may be left of a delivery that has succeeded since.
func (s *Store) FailedDeliveries(ctx context.Context, after string, limit int) (list []notification.ChannelDelivery, next string, err error) {
	afterID, afterChannel, _ := strings.Cut(after, "/")
	in := queryInput("qc = :failures AND n <= :id", values{"failures": failedDeliveriesPK, "id": cmp.Or(afterID, "~")},
		onIndex(indexAllCreated), descending, pageOf(limit+1))
	for range maxFilterPages {
		out, err := s.queryPage(ctx, in)
		if err != nil {
			return nil, "", err
		}
		page, err := s.readNotifications(ctx, out.Items)
		if err != nil {
			return nil, "", err
		}
		for _, n := range page {
			for _, channel := range notification.Channels() {
				if n.Deliveries[channel].State != notification.Failed || n.ID == afterID && string(channel) <= afterChannel {
					continue
				}
				if len(list) == limit {
					return list, list[limit-1].Position(), nil
				}
				list = append(list, notification.ChannelDelivery{Notification: n, Channel: channel})
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return list, "", nil
		}
	}
	return list, cursorOf(in.ExclusiveStartKey)["SK"] + "/~", nil
}

// readNotifications reads the notifications of index rows that have not expired, newest first.
func (s *Store) readNotifications(ctx context.Context, rows []item) ([]notification.Notification, error) {
	keys, err := decodeAll[key](rows)
	if err != nil {
		return nil, err
	}
	items, err := getAll[notificationItem](ctx, s, keys, true)
	slices.SortFunc(items, func(a, b notificationItem) int { return strings.Compare(b.SK, a.SK) })
	var list []notification.Notification
	for _, i := range items {
		if i.TTL > s.now().Unix() {
			list = append(list, i.notification())
		}
	}
	return list, err
}

// AttemptedNotification implements notification.FailedDeliveryStore.
func (s *Store) AttemptedNotification(ctx context.Context, id string) (notification.Notification, error) {
	out, err := s.queryPage(ctx, queryInput("uc = :attempted", values{"attempted": attemptedPK(id)}, onIndex(indexOwnerCreated), pageOf(1)))
	if err != nil {
		return notification.Notification{}, err
	}
	found, err := s.readNotifications(ctx, out.Items)
	if err == nil && len(found) == 0 {
		err = apperr.New(apperr.DeliveryNotFound, "")
	}
	if err != nil {
		return notification.Notification{}, err
	}
	return found[0], nil
}

// RequeueDelivery implements notification.FailedDeliveryStore. It keeps the reason, by which
// the counts of a broadcast know that the delivery has failed.
func (s *Store) RequeueDelivery(ctx context.Context, d notification.ChannelDelivery, at time.Time, r audit.Record) error {
	attr, was := string(d.Channel), d.Notification.Deliveries[d.Channel]
	tx := s.transaction().update(updateSpec{
		key: notificationKey(d.Notification.UserID, d.Notification.ID), set: "SET " + attr + ".s = :queued, " + attr + ".t = :now",
		condition: attr + ".s = :failed AND " + attr + ".t = :at",
		values:    values{"queued": string(notification.Queued), "now": toMillis(at), "failed": string(notification.Failed), "at": toMillis(was.At)},
	}).putAudit(r)
	failed, err := tx.commitWithRetry(ctx)
	if err == nil && failed != nil {
		err = apperr.New(apperr.DeliveryNotFailed, "")
	}
	if err != nil {
		return err
	}
	return s.unlistFailure(ctx, d.Notification)
}

// unlistFailure removes a notification without failed deliveries from their list.
func (s *Store) unlistFailure(ctx context.Context, n notification.Notification) error {
	condition := "attribute_exists(PK)"
	for _, channel := range notification.Channels() {
		condition += fmt.Sprintf(" AND (attribute_not_exists(%[1]s) OR %[1]s.s <> :failed)", channel)
	}
	_, _, err := s.update(ctx, updateSpec{
		key: notificationKey(n.UserID, n.ID), set: "REMOVE qc", condition: condition, values: values{"failed": string(notification.Failed)},
	})
	return err
}
