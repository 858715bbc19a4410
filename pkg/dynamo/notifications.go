package dynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
)

var _ notification.Store = (*Store)(nil)

// AddNotifications implements notification.Store. A notification that is stored as read changes no
// count, so it is one write.
func (s *Store) AddNotifications(ctx context.Context, list ...notification.Notification) error {
	var counted []notification.Notification
	for _, n := range list {
		if !n.Read {
			counted = append(counted, n)
		} else if err := s.addReadNotification(ctx, n); err != nil {
			return err
		}
	}
	_, err := s.addNotificationsWith(ctx, counted, nil)
	return err
}

func (s *Store) addReadNotification(ctx context.Context, n notification.Notification) error {
	return retryConflicts(ctx, func() (bool, error) {
		_, err := s.put(ctx, notificationToItem(n, 0), ifNotExists, nil)
		return committed(nil, err)
	})
}

// addNotificationsWith stores notifications and counts them, in one transaction with
// the writes of addWrites, which gets those to add. Existing notifications are skipped. A
// notification costs two of the 100 writes, and each user may have only one. existing holds
// the failed conditions of addWrites; then nothing is written.
func (s *Store) addNotificationsWith(ctx context.Context, list []notification.Notification, addWrites func(tx *transaction, added []notification.Notification)) (existing cancelReasons, err error) {
	readRounds := map[string]int{} // by user id
	err = retryConflicts(ctx, func() (bool, error) {
		tx := s.transaction()
		if addWrites != nil {
			addWrites(tx, list)
		}
		first := len(tx.items)
		for _, n := range list {
			putNotification(tx, n, readRounds[n.UserID])
		}
		if len(tx.items) == 0 {
			return true, nil
		}
		failed, err := tx.commit(ctx)
		if failed.hasBefore(first) {
			existing = failed
			return true, nil
		}
		if failed != nil {
			list, err = withoutExisting(list, failed, first, readRounds)
			return false, err
		}
		return committed(nil, err)
	})
	return existing, err
}

// hasBefore reports whether the condition of a write before index failed.
func (r cancelReasons) hasBefore(index int) bool {
	for i := range r {
		if i < index {
			return true
		}
	}
	return false
}

// withoutExisting returns the notifications that do not exist. It sets the read round
// of users who have read notifications newer than theirs. A notification has two
// writes, of which the first begin at the index first.
func withoutExisting(list []notification.Notification, failed cancelReasons, first int, readRounds map[string]int) ([]notification.Notification, error) {
	var rest []notification.Notification
	for i, n := range list {
		write, counterWrite := first+2*i, first+2*i+1
		if failed.has(write) {
			continue
		}
		if failed.has(counterWrite) {
			u, err := decodeAs[unreadItem](failed[counterWrite])
			if err != nil {
				return nil, err
			}
			readRounds[n.UserID] = u.ReadAllCount
		}
		rest = append(rest, n)
	}
	return rest, nil
}

// putNotification adds the two writes of a notification.
func putNotification(tx *transaction, n notification.Notification, readRound int) {
	condition, vals := "attribute_not_exists(up) OR up < :id", values{"one": 1, "none": 0, "id": n.ID}
	if readRound > 0 {
		condition, vals = "g = :round", values{"one": 1, "none": 0, "round": readRound}
	}
	if n.Hidden || n.Read {
		vals["one"] = 0 // it does not count as unread
	}
	tx.put(notificationToItem(n, readRound), ifNotExists, nil)
	tx.update(updateSpec{key: unreadKey(n.UserID), set: "ADD un :one, c :one, g :none", condition: condition, values: vals})
}

// ListNotifications implements notification.Store. The query of the first page also
// reads the unread counter; later pages read it separately.
func (s *Store) ListNotifications(ctx context.Context, userID string, q notification.Query) (notification.Page, error) {
	page, counter, err := s.listNotifications(ctx, userID, q)
	if err != nil || !q.CorrectCount || page.Unread == counter.Unread {
		return page, err
	}
	// The query may have read a part of a transaction.
	if page, counter, err = s.listNotifications(ctx, userID, q, consistent); err != nil || page.Unread == counter.Unread {
		return page, err
	}
	return page, s.correctUnread(ctx, userID, counter, page.Unread)
}

// correctUnread sets the unread count unless the counter has changed.
func (s *Store) correctUnread(ctx context.Context, userID string, counter unreadItem, unread int) error {
	_, _, err := s.update(ctx, updateSpec{
		key: unreadKey(userID), set: "SET un = :unread", condition: "un = :was AND c = :made AND g = :round", blind: true,
		values: values{"unread": unread, "was": counter.Unread, "made": counter.Total, "round": counter.ReadAllCount},
	})
	if apperr.Is(err, apperr.Conflict) {
		return nil
	}
	return err
}

// listNotifications returns a page and the counter. The unread count of the page differs from the
// counter only if all notifications were read and the counter is wrong: it includes expired ones, and
// those that a former agent may not get.
func (s *Store) listNotifications(ctx context.Context, userID string, q notification.Query, options ...queryOption) (page notification.Page, counter unreadItem, err error) {
	in := notificationsQuery(userID, q.Before, options...)
	pageSize := q.Limit + 1
	if q.Before == "" {
		pageSize++
	} else if _, err := s.get(ctx, unreadKey(userID), false, &counter); err != nil {
		return page, counter, err
	}
	pageOf(pageSize)(in)
	unread := 0
	for range maxFilterPages {
		out, err := s.queryPage(ctx, in)
		if err != nil {
			return page, counter, err
		}
		n, err := s.appendNotifications(&page, &counter, q, out.Items)
		if err != nil {
			return page, counter, err
		}
		unread += n
		page.Unread = counter.Unread
		in.ExclusiveStartKey = out.LastEvaluatedKey
		if in.ExclusiveStartKey == nil && q.Before == "" {
			page.Unread = unread
		}
		if page.Next != "" || in.ExclusiveStartKey == nil || q.Unread && unread == counter.Unread {
			return page, counter, nil
		}
		if q.Unread { // further ones are few, or older than many that were read
			pageOf(max(pageSize, filterPageSize))(in)
		}
	}
	page.Next = cursorOf(in.ExclusiveStartKey)["SK"]
	return page, counter, nil
}

func notificationsQuery(userID, before string, options ...queryOption) *dynamodb.QueryInput {
	condition, vals := "PK = :pk", values{"pk": notificationsPK(userID)}
	if before != "" {
		condition += " AND SK < :before"
		vals["before"] = before
	}
	return queryInput(condition, vals, append(options, descending)...)
}

// appendNotifications decodes items into page until it is full, and the counter if it
// is among them. It returns the number of unread ones among all items.
func (s *Store) appendNotifications(page *notification.Page, counter *unreadItem, q notification.Query, items []item) (unread int, err error) {
	for _, row := range items {
		var i notificationItem
		if err := decode(row, &i); err != nil {
			return unread, err
		}
		if i.SK == skUnread {
			if err := decode(row, counter); err != nil {
				return unread, err
			}
			continue
		}
		n := i.notification()
		n.Read = counter.isRead(i)
		if i.Hidden || q.Customer && n.ForAgent() || i.TTL <= s.now().Unix() || q.Unread && n.Read {
			continue
		}
		if !n.Read {
			unread++
		}
		if len(page.Notifications) < q.Limit {
			page.Notifications = append(page.Notifications, n)
		} else {
			page.Next = page.Notifications[q.Limit-1].ID
		}
	}
	return unread, nil
}

// MarkNotificationsRead implements notification.Store. It writes the unread items and
// the counter in one transaction per batch, so that none is counted twice.
func (s *Store) MarkNotificationsRead(ctx context.Context, userID string, ids []string) error {
	for part := range slices.Chunk(ids, maxNotificationsPerTx) {
		if err := s.markReadBatch(ctx, userID, part); err != nil {
			return err
		}
	}
	return nil
}

// maxNotificationsPerTx and the counter fit into one batch read and one transaction,
// of at most 100 items each (DynamoDB limit).
const maxNotificationsPerTx = 99

func (s *Store) markReadBatch(ctx context.Context, userID string, ids []string) error {
	return retryConflicts(ctx, func() (bool, error) {
		counter, found, err := s.loadWithCounter(ctx, userID, ids)
		unread := slices.DeleteFunc(found, counter.isRead)
		if err != nil || len(unread) == 0 {
			return true, err
		}
		counted := 0
		for _, i := range unread {
			if !i.Hidden {
				counted++
			}
		}
		tx := s.transaction().update(updateSpec{
			key: unreadKey(userID), set: "ADD un :less", condition: "g = :round", // no concurrent "read all"
			values: values{"less": -counted, "round": counter.ReadAllCount},
		})
		for _, i := range unread {
			tx.update(updateSpec{
				key: i.key, set: "SET r = :yes", condition: "attribute_exists(PK) AND attribute_not_exists(r)", values: values{"yes": true},
			})
		}
		return committed(tx.commit(ctx))
	})
}

// DeleteNotificationsByID implements notification.Store, as MarkNotificationsRead does.
func (s *Store) DeleteNotificationsByID(ctx context.Context, userID string, ids []string) error {
	for part := range slices.Chunk(ids, maxNotificationsPerTx) {
		err := retryConflicts(ctx, func() (bool, error) {
			counter, found, err := s.loadWithCounter(ctx, userID, part)
			if err != nil || len(found) == 0 {
				return true, err
			}
			tx, unread := s.transaction(), 0
			for _, i := range found {
				if i.Hidden || counter.isRead(i) {
					tx.remove(i.key, "", nil)
					continue
				}
				unread++
				tx.remove(i.key, "attribute_exists(PK) AND attribute_not_exists(r)", nil)
			}
			if unread > 0 {
				tx.update(updateSpec{
					key: unreadKey(userID), set: "ADD un :less", condition: "g = :round", values: values{"less": -unread, "round": counter.ReadAllCount},
				})
			}
			return committed(tx.commit(ctx))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// loadWithCounter reads the counter and the existing notifications among ids.
func (s *Store) loadWithCounter(ctx context.Context, userID string, ids []string) (counter unreadItem, found []notificationItem, err error) {
	keys := []key{unreadKey(userID)}
	for _, id := range ids {
		keys = append(keys, notificationKey(userID, id))
	}
	rows, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return counter, nil, err
	}
	for _, row := range rows {
		var i notificationItem
		if err := decode(row, &i); err != nil {
			return counter, nil, err
		}
		if i.SK != skUnread {
			found = append(found, i)
		} else if err := decode(row, &counter); err != nil {
			return counter, nil, err
		}
	}
	return counter, found, nil
}

// MarkAllNotificationsRead implements notification.Store. It makes one write, however
// many notifications there are.
func (s *Store) MarkAllNotificationsRead(ctx context.Context, userID string) error {
	return retryConflicts(ctx, func() (bool, error) {
		out, err := s.queryPage(ctx, notificationsQuery(userID, "", consistent, pageOf(2)))
		if err != nil {
			return false, err
		}
		items, err := decodeAll[unreadItem](out.Items) // the counter and the newest notification
		if err != nil || len(items) == 0 || items[0].SK != skUnread || items[0].Unread == 0 {
			return true, err
		}
		counter, newest := items[0], ""
		if len(items) > 1 {
			newest = items[1].SK
		}
		_, applied, err := s.update(ctx, updateSpec{
			key: unreadKey(userID), set: "SET un = :none, up = :newest ADD g :one", condition: "c = :made",
			values: values{"none": 0, "one": 1, "newest": max(newest, counter.UpTo), "made": counter.Total},
		})
		if apperr.Is(err, apperr.Conflict) {
			return false, nil
		}
		return applied, err
	})
}
