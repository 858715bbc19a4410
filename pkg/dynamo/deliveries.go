package dynamo

import (
	"context"
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
)

var _ notification.DeliveryStore = (*Store)(nil)

// maxGroupRead bounds the notifications that are read to group deliveries.
const maxGroupRead = 300

// DeliveryInput implements notification.DeliveryStore. One batch reads the user, their
// unread counter, the notification, their read marker and the ticket; one query reads
// the notifications of about the same time.
func (s *Store) DeliveryInput(ctx context.Context, job notification.DeliveryJob) (notification.DeliveryInput, error) {
	var (
		c         notification.DeliveryInput
		recipient userItem
		counter   unreadItem
		stored    notificationItem
		marker    readMarkerItem
		ticket    ticketItem
	)
	into := map[key]any{userKey(job.UserID): &recipient, unreadKey(job.UserID): &counter, notificationKey(job.UserID, job.ID): &stored}
	if job.TicketID != "" {
		into[readMarkerKey(job.TicketID, job.UserID)], into[ticketKey(job.TicketID)] = &marker, &ticket
	}
	rows, err := s.batchGet(ctx, slices.Collect(maps.Keys(into)), true)
	if err != nil {
		return c, err
	}
	for _, row := range rows {
		k, err := decodeAs[key](row)
		if err != nil {
			return c, err
		}
		if err := decode(row, into[k]); err != nil {
			return c, err
		}
	}
	c.User, c.UserFound, c.Ticket, c.Deleted = recipient.user(), recipient.ID != "", ticket.ticket(), ticket.DeletedAt != 0
	if stored.SK == "" {
		return c, nil
	}
	read := func(i notificationItem) notification.Notification {
		n := i.notification()
		n.Read = counter.isRead(i) || i.Seq > 0 && marker.Read >= i.Seq
		return n
	}
	c.Notification = read(stored)
	if job.TicketID == "" {
		return c, nil
	}
	others, err := s.notificationsAround(ctx, c.Notification)
	for _, i := range others {
		c.Others = append(c.Others, read(i))
	}
	return c, err
}

// notificationsAround reads the user's other notifications of the same ticket within
// the group window, the newest if there are many.
func (s *Store) notificationsAround(ctx context.Context, n notification.Notification) ([]notificationItem, error) {
	out, err := s.queryPage(ctx, queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{
		"pk":   notificationsPK(n.UserID),
		"from": id.First(n.CreatedAt.Add(-notification.GroupWindow)), "to": id.First(n.CreatedAt.Add(notification.GroupWindow)),
	}, consistent, descending, pageOf(maxGroupRead)))
	if err != nil {
		return nil, err
	}
	items, err := decodeAll[notificationItem](out.Items)
	items = slices.DeleteFunc(items, func(i notificationItem) bool { return i.Ticket != n.TicketID || i.SK == n.ID })
	slices.Reverse(items)
	return items, err
}

// ClaimDelivery implements notification.DeliveryStore. Each write requires the state that
// was read, so only one of several concurrent claims succeeds.
func (s *Store) ClaimDelivery(ctx context.Context, n notification.Notification, channel notification.Channel, grouped []notification.Notification, now time.Time) (bool, error) {
	attr := string(channel) // the channel is the attribute name
	unchanged := attr + ".s = :was AND " + attr + ".t = :at"
	write := func(n notification.Notification, state notification.State, set string, more values) updateSpec {
		d := n.Deliveries[channel]
		vals := values{"was": string(d.State), "at": toMillis(d.At), "state": string(state), "now": toMillis(now)}
		maps.Copy(vals, more)
		return updateSpec{key: notificationKey(n.UserID, n.ID), set: "SET " + attr + ".s = :state, " + attr + ".t = :now" + set, condition: unchanged, values: vals}
	}
	claim := write(n, notification.Sending, ", uc = :attempted, n = :id ADD "+attr+".c :one", values{"one": 1, "attempted": attemptedPK(n.ID), "id": n.ID})
	if len(grouped) == 0 {
		_, claimed, err := s.update(ctx, claim)
		if apperr.Is(err, apperr.Conflict) {
			return false, nil // another claim groups it at the moment
		}
		return claimed, err
	}
	tx := s.transaction().update(claim)
	for _, other := range grouped {
		tx.update(write(other, notification.Skipped, ", "+attr+".r = :reason, "+attr+".g = :into", values{"reason": notification.ReasonGrouped, "into": n.ID}))
	}
	claimed, err := committed(tx.commit(ctx))
	for _, other := range grouped {
		if err == nil && claimed && other.Deliveries[channel].State == notification.Failed {
			err = s.unlistFailure(ctx, other)
		}
	}
	return claimed, err
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
			"done": deliveryItem{string(d.State), d.Reason, d.Attempts, toMillis(d.At), d.Into, d.Reached, d.Counted},
		},
	}
	if d.State == notification.Failed {
		complete.set += ", qc = :failures"
		complete.values["failures"] = failedDeliveriesPK
	}
	countsUpdate, ok := broadcastCountsUpdate(n, channel, d)
	var err error
	if ok {
		_, err = s.transaction().update(complete).update(countsUpdate).commitWithRetry(ctx) // other deliveries count in the same shard
	} else {
		_, _, err = s.update(ctx, complete)
	}
	if err == nil && d.State != notification.Failed && n.Deliveries[channel].Reason != "" { // an earlier attempt failed
		err = s.unlistFailure(ctx, n)
	}
	return err
}

// ReserveSMSQuota implements notification.DeliveryStore.
func (s *Store) ReserveSMSQuota(ctx context.Context, day time.Time, segments, limit int) (bool, error) {
	if segments > limit {
		return false, nil
	}
	_, applied, err := s.update(ctx, updateSpec{
		key: smsQuotaKey(day.UTC().Format(time.DateOnly)), set: "SET #ttl = :ttl ADD hits :segments",
		condition: "attribute_not_exists(hits) OR hits <= :most",
		values:    values{"ttl": day.Add(48 * time.Hour).Unix(), "segments": segments, "most": limit - segments},
	})
	return applied, err
}
