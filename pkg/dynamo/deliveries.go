package dynamo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
)

var (
	_ notification.DeliveryStore    = (*Store)(nil)
	_ notification.SuppressionStore = (*Store)(nil)

	_ notification.SuppressionAdminStore = (*Store)(nil)
	_ notification.FailedDeliveryStore   = (*Store)(nil)
)

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
			"done": deliveryItem{string(d.State), d.Reason, d.Attempts, toMillis(d.At), d.Into, d.Reached},
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
	found, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return nil, err
	}
	items, err := decodeAll[notificationItem](found)
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

// Suppress implements notification.SuppressionStore. It records the user first and reads
// them at the end: the deletion of the user finds the record, or has already happened.
func (s *Store) Suppress(ctx context.Context, c notification.MailFeedback) error {
	address := notification.NormalizeAddress(c.Address)
	if c.UserID != "" {
		if _, err := s.put(ctx, nameReferenceItem{userSuppressionKey(c.UserID, address)}, "", nil); err != nil {
			return err
		}
	}
	if _, err := s.put(ctx, suppressionItem{suppressionKey(address), c.Reason, toMillis(s.now())}, "", nil); err != nil || c.UserID == "" {
		return err
	}
	u, err := s.User(ctx, c.UserID)
	if apperr.Is(err, apperr.UserNotFound) { // the report came after the deletion of the user
		if _, err := s.remove(ctx, suppressionKey(address), "", nil); err != nil {
			return err
		}
		_, err = s.remove(ctx, userSuppressionKey(c.UserID, address), "", nil)
		return err
	}
	if err == nil && notification.NormalizeAddress(u.Email) != address {
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

// Suppressions implements notification.SuppressionAdminStore.
func (s *Store) Suppressions(ctx context.Context, after string, limit int) ([]notification.Suppression, error) {
	condition, vals := "PK = :pk", values{"pk": suppressionsPK}
	if after != "" {
		condition += " AND SK > :after"
		vals["after"] = after
	}
	out, err := s.queryPage(ctx, queryInput(condition, vals, consistent, pageOf(limit)))
	if err != nil {
		return nil, err
	}
	items, err := decodeAll[suppressionItem](out.Items)
	list := make([]notification.Suppression, len(items))
	for n, i := range items {
		list[n] = notification.Suppression{Address: i.SK, Reason: i.Reason, At: fromMillis(i.At)}
	}
	return list, err
}

// DeleteSuppression implements notification.SuppressionAdminStore.
func (s *Store) DeleteSuppression(ctx context.Context, address string, r audit.Record) error {
	k := suppressionKey(notification.NormalizeAddress(address))
	if k.SK == "" || len(k.SK) > maxAddressBytes {
		return apperr.New(apperr.SuppressionNotFound, "")
	}
	failed, err := s.transaction().remove(k, "attribute_exists(PK)", nil).putAudit(r).commitWithRetry(ctx)
	if failed != nil {
		return apperr.New(apperr.SuppressionNotFound, "")
	}
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
