package dynamo

import (
	"context"
	"strings"

	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// eraseConcurrency limits the concurrent writes of one step.
const eraseConcurrency = 8

// EraseNameInLog implements stream.UserPropagationStore.
func (s *Store) EraseNameInLog(ctx context.Context, ticketID, userID string, from, n int) (next int, err error) {
	out, err := s.queryPage(ctx, rangeQuery(ticketID, entrySK(from), prefixEntry+"~", pageOf(n)))
	if err != nil {
		return 0, err
	}
	items, err := decodeAll[entryItem](out.Items)
	if err != nil || len(items) == 0 {
		return 0, err
	}
	var stored ticketItem
	if _, err := s.get(ctx, ticketKey(ticketID), true, &stored); err != nil {
		return 0, err
	}
	err = parallel.ForEach(items, eraseConcurrency, func(i entryItem) error {
		return s.eraseNameInEntry(ctx, stored.ticket().Customer.ID, i, userID)
	})
	if out.LastEvaluatedKey == nil {
		return 0, err
	}
	return seqOf(items[len(items)-1].SK) + 1, err
}

func (s *Store) eraseNameInEntry(ctx context.Context, customerID string, i entryItem, userID string) error {
	set := ""
	if i.AuthorID == userID && i.AuthorName != user.DeletedName {
		set = ", bn = :removed"
	}
	if c := i.Change; c != nil && c.To == userID && c.Name != "" && c.Name != user.DeletedName {
		set += ", ch.n = :removed"
	}
	if c := i.Change; c != nil && c.From == userID && c.FromName != "" && c.FromName != user.DeletedName {
		set += ", ch.an = :removed"
	}
	if o := i.Opening; o != nil && o.CustomerID == userID && o.CustomerName != user.DeletedName {
		set += ", op.un = :removed"
	}
	if set != "" {
		_, _, err := s.update(ctx, updateSpec{key: i.key, set: "SET" + set[1:], condition: "attribute_exists(PK)", values: values{"removed": user.DeletedName}})
		if err != nil {
			return err
		}
	}
	e := i.entry()
	if i.AuthorID != userID || s.now().Sub(e.CreatedAt) > notification.TTL {
		return nil
	}
	n, needed := notification.ForEntry(ticket.Ticket{Customer: ticket.UserRef{ID: customerID}}, e)
	if !needed {
		return nil
	}
	_, _, err := s.update(ctx, updateSpec{
		key: notificationKey(n.UserID, n.ID), set: "SET #by = :removed", condition: "attribute_exists(PK)", values: values{"removed": user.DeletedName},
	})
	return err
}

// DeleteLoginAttempts implements stream.UserPropagationStore.
func (s *Store) DeleteLoginAttempts(ctx context.Context, phone string) error {
	_, err := s.remove(ctx, loginAttemptsKey(phone), "", nil)
	return err
}

// DeleteSuppressions implements stream.UserPropagationStore.
func (s *Store) DeleteSuppressions(ctx context.Context, userID string) error {
	first := userSuppressionKey(userID, "")
	keys, err := queryAs[key](ctx, s, queryInput("PK = :pk AND begins_with(SK, :prefix)", values{"pk": first.PK, "prefix": first.SK}, consistent))
	if err != nil {
		return err
	}
	for _, k := range keys { // also of former addresses
		keys = append(keys, suppressionKey(strings.TrimPrefix(k.SK, prefixSuppression)))
	}
	return s.batchDelete(ctx, keys)
}

// DeleteNotifications implements stream.UserPropagationStore. Pending deliveries of a broadcast count as
// skipped before, so that the broadcast ends.
func (s *Store) DeleteNotifications(ctx context.Context, userID string, n int) (more bool, err error) {
	out, err := s.queryPage(ctx, queryInput("PK = :pk", values{"pk": notificationsPK(userID)}, consistent, pageOf(n)))
	if err != nil || len(out.Items) == 0 {
		return false, err
	}
	items, err := decodeAll[notificationItem](out.Items)
	if err != nil {
		return false, err
	}
	more = out.LastEvaluatedKey != nil
	var keys []key
	for _, i := range items {
		skipped, err := s.skipBroadcastDeliveries(ctx, i)
		if err != nil {
			return false, err
		}
		if skipped {
			keys = append(keys, i.key)
		} else {
			more = true
		}
	}
	return more, s.batchDelete(ctx, keys)
}

// skipBroadcastDeliveries skips the pending deliveries of a notification of a broadcast, and counts
// them. It returns false if one has changed meanwhile. It is safe to repeat.
func (s *Store) skipBroadcastDeliveries(ctx context.Context, i notificationItem) (skipped bool, err error) {
	if i.Broadcast == "" {
		return true, nil
	}
	n := i.notification()
	for channel, d := range n.Deliveries {
		if d.State != notification.Queued && d.State != notification.Sending {
			continue
		}
		done := notification.Delivery{State: notification.Skipped, Reason: notification.ReasonUserDeleted, Attempts: d.Attempts, At: s.now()}
		counts, _ := broadcastCountsUpdate(n, channel, done)
		attr := string(channel)
		failed, err := s.transaction().update(updateSpec{
			key: i.key, set: "SET " + attr + " = :done", condition: attr + ".s = :was AND " + attr + ".t = :at",
			values: values{"was": string(d.State), "at": toMillis(d.At), "done": deliveryItem{State: string(done.State), Reason: done.Reason, Attempts: done.Attempts, At: toMillis(done.At)}},
		}).update(counts).commitWithRetry(ctx)
		if err != nil || failed != nil {
			return false, err
		}
	}
	return true, nil
}

// RemoveUserFromAudit implements stream.UserPropagationStore.
func (s *Store) RemoveUserFromAudit(ctx context.Context, userID string, after map[string]string, n int) (next map[string]string, err error) {
	items, next, err := s.auditPage(ctx, after, n)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		paths := i.pathsAbout(userID)
		if len(paths) == 0 {
			continue
		}
		_, _, err := s.update(ctx, updateSpec{key: i.key, set: "REMOVE " + strings.Join(paths, ", "), condition: "attribute_exists(PK)", blind: true})
		if err != nil {
			return nil, err
		}
	}
	return next, nil
}

// pathsAbout returns the attributes with personal data of a user. They are removed one by one:
// a write of the whole record would restore what the concurrent removal of another user erased.
func (i auditItem) pathsAbout(userID string) (paths []string) {
	if i.ActorID == userID && i.Address != "" {
		paths = append(paths, "#address")
	}
	if i.Target != userID {
		return paths
	}
	for _, name := range []string{"phone", "name", "email"} {
		if _, found := i.Before[name]; found {
			paths = append(paths, "#was.#"+name)
		}
		if _, found := i.After[name]; found {
			paths = append(paths, "#now.#"+name)
		}
	}
	return paths
}
