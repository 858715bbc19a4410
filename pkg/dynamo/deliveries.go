package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
)

var (
	_ notification.DeliveryStore    = (*Store)(nil)
	_ notification.SuppressionStore = (*Store)(nil)
)

// ClaimDelivery implements notification.DeliveryStore with one conditional write, so
// only one of several concurrent claims succeeds.
func (s *Store) ClaimDelivery(ctx context.Context, job notification.DeliveryJob, now, stale time.Time) (notification.Notification, bool, error) {
	attr := string(job.Channel) // the channel is the attribute name
	row, applied, err := s.update(ctx, updateSpec{
		key: notificationKey(job.UserID, job.ID), set: "SET " + attr + ".s = :sending, " + attr + ".t = :now ADD " + attr + ".c :one",
		condition: attr + ".s IN (:queued, :failed) OR (" + attr + ".s = :sending AND " + attr + ".t < :stale)",
		values: values{
			"sending": string(notification.Sending), "queued": string(notification.Queued), "failed": string(notification.Failed),
			"now": toMillis(now), "stale": toMillis(stale), "one": 1,
		},
	})
	if err != nil || row == nil {
		return notification.Notification{}, false, err
	}
	var i notificationItem
	err = decode(row, &i)
	return i.notification(), applied, err
}

// CompleteDelivery implements notification.DeliveryStore. It writes nothing if
// another claim has replaced this one.
func (s *Store) CompleteDelivery(ctx context.Context, n notification.Notification, channel notification.Channel, d notification.Delivery) error {
	attr := string(channel)
	complete := updateSpec{
		key: notificationKey(n.UserID, n.ID), set: "SET " + attr + " = :done",
		condition: attr + ".s = :sending AND " + attr + ".c = :attempt",
		values: values{
			"sending": string(notification.Sending), "attempt": d.Attempts,
			"done": deliveryItem{string(d.State), d.Reason, d.Attempts, toMillis(d.At)},
		},
	}
	countsUpdate, ok := broadcastCountsUpdate(n, channel, d)
	if !ok {
		_, _, err := s.update(ctx, complete)
		return err
	}
	_, err := s.transaction().update(complete).update(countsUpdate).commitWithRetry(ctx) // other deliveries count in the same shard
	return err
}

// DeliveryRecipient implements notification.DeliveryStore. One batch reads the user,
// their unread counter, the notification and their read marker on the ticket.
func (s *Store) DeliveryRecipient(ctx context.Context, n notification.Notification) (notification.Recipient, error) {
	keys := []key{userKey(n.UserID), unreadKey(n.UserID), notificationKey(n.UserID, n.ID)}
	if n.TicketID != "" {
		keys = append(keys, readMarkerKey(n.TicketID, n.UserID))
	}
	rows, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return notification.Recipient{}, err
	}
	var (
		recipient userItem
		counter   unreadItem
		stored    notificationItem
		marker    readMarkerItem
	)
	into := map[key]any{keys[0]: &recipient, keys[1]: &counter, keys[2]: &stored, readMarkerKey(n.TicketID, n.UserID): &marker}
	for _, row := range rows {
		k, err := decodeAs[key](row)
		if err != nil {
			return notification.Recipient{}, err
		}
		if err := decode(row, into[k]); err != nil {
			return notification.Recipient{}, err
		}
	}
	return notification.Recipient{
		User: recipient.user(), Found: recipient.ID != "", Read: counter.isRead(stored) || n.Seq > 0 && marker.Read >= n.Seq,
	}, nil
}

// suppressionItem is an e-mail address that gets no more mail.
type suppressionItem struct {
	key
	Reason string `dynamodbav:"reason"`
	At     int64  `dynamodbav:"at"`
}

// IsSuppressed implements notification.DeliveryStore.
func (s *Store) IsSuppressed(ctx context.Context, address string) (bool, error) {
	return s.get(ctx, suppressionKey(notification.NormalizeAddress(address)), true, &suppressionItem{})
}

// Suppress implements notification.SuppressionStore.
func (s *Store) Suppress(ctx context.Context, c notification.MailFeedback) error {
	address := notification.NormalizeAddress(c.Address)
	if _, err := s.put(ctx, suppressionItem{suppressionKey(address), c.Reason, toMillis(s.now())}, "", nil); err != nil || c.UserID == "" {
		return err
	}
	u, err := s.User(ctx, c.UserID)
	if apperr.Is(err, apperr.UserNotFound) || err == nil && notification.NormalizeAddress(u.Email) != address {
		return nil
	}
	if err != nil {
		return err
	}
	_, _, err = s.update(ctx, updateSpec{
		key: userKey(c.UserID), set: "SET emailVerified = :no", condition: "email = :stored", values: values{"no": false, "stored": u.Email},
	})
	return err
}

// ReserveSMSQuota implements notification.DeliveryStore.
func (s *Store) ReserveSMSQuota(ctx context.Context, day time.Time, limit int) (bool, error) {
	_, applied, err := s.update(ctx, updateSpec{
		key: smsQuotaKey(day.UTC().Format(time.DateOnly)), set: "SET #ttl = :ttl ADD hits :one",
		condition: "attribute_not_exists(hits) OR hits < :limit",
		values:    values{"ttl": day.Add(48 * time.Hour).Unix(), "one": 1, "limit": limit},
	})
	return applied, err
}
