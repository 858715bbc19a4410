package dynamo

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/notification"
)

var _ notification.Store = (*Store)(nil)

// notificationItem is a notification. Names are short because a page is paid for by
// its size.
type notificationItem struct {
	key
	Kind         string        `dynamodbav:"k"`
	Ticket       string        `dynamodbav:"tk,omitempty"`
	Seq          int           `dynamodbav:"sq,omitempty"`
	Title        string        `dynamodbav:"ti,omitempty"`
	Body         string        `dynamodbav:"tx,omitempty"`
	Author       string        `dynamodbav:"by,omitempty"`
	Status       string        `dynamodbav:"st,omitempty"`
	Broadcast    string        `dynamodbav:"bc,omitempty"`
	CounterShard int           `dynamodbav:"sg,omitempty"`
	Hidden       bool          `dynamodbav:"x,omitempty"`
	Read         bool          `dynamodbav:"r,omitempty"`
	ReadRound    int           `dynamodbav:"lt,omitempty"` // how often all had been read when it came; see unreadItem
	At           int64         `dynamodbav:"at"`
	TTL          int64         `dynamodbav:"ttl"`
	Email        *deliveryItem `dynamodbav:"email,omitempty"`
	SMS          *deliveryItem `dynamodbav:"sms,omitempty"`
}

type deliveryItem struct {
	State    string `dynamodbav:"s"`
	Reason   string `dynamodbav:"r,omitempty"`
	Attempts int    `dynamodbav:"c,omitempty"`
	At       int64  `dynamodbav:"t"`
}

// unreadItem counts a person's unread notifications. Everything up to an id
// was read at once when a person read all: one write, however many there are.
//
// A notification whose cause is older than that id may come after it. It would
// be counted as unread and shown as read; so it carries the round (how often
// all was read before it came), and is read when there has been another.
type unreadItem struct {
	key
	Unread       int    `dynamodbav:"un"`
	UpTo         string `dynamodbav:"up,omitempty"`
	ReadAllCount int    `dynamodbav:"g"`
	Total        int    `dynamodbav:"c"` // how many were ever made
}

// coversByReadAll says whether a notification was read when all were.
func (u unreadItem) coversByReadAll(i notificationItem) bool {
	if i.ReadRound > 0 {
		return u.ReadAllCount > i.ReadRound
	}
	return u.UpTo >= i.SK
}

func (u unreadItem) isRead(i notificationItem) bool { return i.Read || u.coversByReadAll(i) }

func notificationToItem(n notification.Notification, readRound int) notificationItem {
	return notificationItem{
		key: notificationKey(n.UserID, n.ID), Kind: string(n.Kind), Ticket: n.TicketID, Seq: n.Seq, Title: n.Title, Body: n.Body,
		Author: n.Author, Status: n.Status, Broadcast: n.BroadcastID, CounterShard: n.CounterShard, Hidden: n.Hidden, Read: n.Read, ReadRound: readRound,
		At: toMillis(n.CreatedAt), TTL: n.CreatedAt.Add(notification.TTL).Unix(),
		Email: deliveryToItem(n.Deliveries, notification.Email), SMS: deliveryToItem(n.Deliveries, notification.SMS),
	}
}

func deliveryToItem(all map[notification.Channel]notification.Delivery, channel notification.Channel) *deliveryItem {
	d, planned := all[channel]
	if !planned {
		return nil
	}
	return &deliveryItem{string(d.State), d.Reason, d.Attempts, toMillis(d.At)}
}

func (i notificationItem) notification() notification.Notification {
	n := notification.Notification{
		ID: i.SK, UserID: idOf(i.PK), Kind: notification.Kind(i.Kind), TicketID: i.Ticket, Seq: i.Seq, Title: i.Title, Body: i.Body,
		Author: i.Author, Status: i.Status, BroadcastID: i.Broadcast, CounterShard: i.CounterShard, Hidden: i.Hidden, Read: i.Read, CreatedAt: fromMillis(i.At),
		Deliveries: map[notification.Channel]notification.Delivery{},
	}
	for channel, d := range map[notification.Channel]*deliveryItem{notification.Email: i.Email, notification.SMS: i.SMS} {
		if d != nil {
			n.Deliveries[channel] = notification.Delivery{
				State: notification.State(d.State), Reason: d.Reason, Attempts: d.Attempts, At: fromMillis(d.At),
			}
		}
	}
	return n
}

// AddNotifications implements notification.Store.
func (s *Store) AddNotifications(ctx context.Context, list ...notification.Notification) error {
	_, err := s.addNotificationsWith(ctx, list, nil)
	return err
}

// addNotificationsWith stores notifications and counts them, together with what also
// adds: all of it or nothing. A notification costs two of the 100 writes of a
// transaction, and no person may be in it twice. Notifications that are there
// already are left out; held is what stands in the way of also's writes.
func (s *Store) addNotificationsWith(ctx context.Context, list []notification.Notification, addWrites func(*transaction)) (existing cancelReasons, err error) {
	readRounds := map[string]int{} // by person
	for attempt := range maxConflictRetries {
		tx := s.transaction()
		if addWrites != nil {
			addWrites(tx)
		}
		first := len(tx.items)
		for _, n := range list {
			putNotification(tx, n, readRounds[n.UserID])
		}
		if len(tx.items) == 0 {
			return nil, nil
		}
		failed, err := tx.commit(ctx)
		if apperr.Is(err, apperr.Conflict) {
			backOff(ctx, attempt)
			continue
		}
		if err != nil || failed == nil {
			return nil, err
		}
		if failed.failedBefore(first) {
			return failed, nil
		}
		if list, err = withoutExisting(list, failed, first, readRounds); err != nil {
			return nil, err
		}
	}
	return nil, apperr.New(apperr.Conflict, "").WithRetryAfter(time.Second)
}

// failedBefore says whether a write before that place has failed.
func (f cancelReasons) failedBefore(index int) bool {
	for i := range f {
		if i < index {
			return true
		}
	}
	return false
}

// withoutExisting leaves out what is there already, and learns the round of those who
// have read further than what comes.
func withoutExisting(list []notification.Notification, failed cancelReasons, first int, readRounds map[string]int) ([]notification.Notification, error) {
	var rest []notification.Notification
	for i, n := range list {
		if _, exists := failed[first+2*i]; exists {
			continue
		}
		if existing, refused := failed[first+2*i+1]; refused {
			var u unreadItem
			if err := decode(existing, &u); err != nil {
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
	if n.Hidden {
		vals["one"] = 0 // nobody sees it, so it is nobody's to read
	}
	tx.put(notificationToItem(n, readRound), ifNotExists, nil)
	tx.update(updateSpec{key: unreadKey(n.UserID), set: "ADD un :one, c :one, g :none", condition: condition, values: vals})
}

// ListNotifications implements notification.Store: one read that begins at the
// counter, or, on later pages, a second for the counter.
func (s *Store) ListNotifications(ctx context.Context, userID string, q notification.Query) (notification.Page, error) {
	in := s.notificationsQuery(userID, q.Before)
	pageSize := q.Limit + 1
	if q.Unread {
		pageSize = max(pageSize, filterPageSize)
	}
	var (
		counter unreadItem
		page    notification.Page
	)
	if q.Before == "" {
		pageSize++
	} else if _, err := s.get(ctx, unreadKey(userID), false, &counter); err != nil {
		return page, err
	}
	in.Limit = aws.Int32(int32(pageSize))
	for range maxFilterPages {
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return page, translate(err)
		}
		full, err := s.appendNotifications(&page, &counter, q, out.Items)
		page.Unread = counter.Unread
		in.ExclusiveStartKey = out.LastEvaluatedKey
		if err != nil || full || in.ExclusiveStartKey == nil || q.Unread && counter.Unread == 0 {
			return withExactUnread(page, q, full), err
		}
	}
	page.Next = cursorOf(in.ExclusiveStartKey)["SK"]
	return page, nil
}

func (s *Store) notificationsQuery(userID, before string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: s.name, ScanIndexForward: aws.Bool(false), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": notificationsPK(userID)}.marshal(),
	}
	if before != "" {
		in.KeyConditionExpression = aws.String("PK = :pk AND SK < :before")
		in.ExpressionAttributeValues = values{"pk": notificationsPK(userID), "before": before}.marshal()
	}
	return in
}

// appendNotifications adds rows to a page until it is full.
func (s *Store) appendNotifications(page *notification.Page, counter *unreadItem, q notification.Query, items []item) (full bool, err error) {
	for _, row := range items {
		var i notificationItem
		if err := decode(row, &i); err != nil {
			return false, err
		}
		if i.SK == skUnread {
			if err := decode(row, counter); err != nil {
				return false, err
			}
			continue
		}
		n := i.notification()
		n.Read = counter.isRead(i)
		if i.Hidden || i.TTL <= s.now().Unix() || q.Unread && n.Read {
			continue
		}
		if len(page.Notifications) == q.Limit {
			page.Next = page.Notifications[q.Limit-1].ID
			return true, nil
		}
		page.Notifications = append(page.Notifications, n)
	}
	return false, nil
}

// withExactUnread corrects the count when the whole list is at hand: what went away
// unread, for being old, is still in the stored one.
func withExactUnread(page notification.Page, q notification.Query, full bool) notification.Page {
	if full || q.Before != "" {
		return page
	}
	page.Unread = 0
	for _, n := range page.Notifications {
		if !n.Read {
			page.Unread++
		}
	}
	return page
}

// MarkNotificationsRead implements notification.Store: the items that are unread, and the
// count, in one transaction, so that nothing is ever counted twice.
func (s *Store) MarkNotificationsRead(ctx context.Context, userID string, ids []string) error {
	for part := range slices.Chunk(ids, maxNotificationsPerTx) {
		if err := s.markReadBatch(ctx, userID, part); err != nil {
			return err
		}
	}
	return nil
}

// maxNotificationsPerTx and the count fit into one read of 100 items, and one
// transaction.
const maxNotificationsPerTx = 99

func (s *Store) markReadBatch(ctx context.Context, userID string, ids []string) error {
	for attempt := range maxConflictRetries {
		counter, unread, err := s.loadUnread(ctx, userID, ids)
		if err != nil || len(unread) == 0 {
			return err
		}
		tx := s.transaction().update(updateSpec{
			key: unreadKey(userID), set: "ADD un :less", condition: "g = :round", // nobody has read all meanwhile
			values: values{"less": -len(unread), "round": counter.ReadAllCount},
		})
		for _, i := range unread {
			tx.update(updateSpec{
				key: i.key, set: "SET r = :yes", condition: "attribute_exists(PK) AND attribute_not_exists(r)", values: values{"yes": true},
			})
		}
		failed, err := tx.commit(ctx)
		if err == nil && failed == nil {
			return nil
		}
		if err != nil && !apperr.Is(err, apperr.Conflict) {
			return err
		}
		backOff(ctx, attempt)
	}
	return apperr.New(apperr.Conflict, "").WithRetryAfter(time.Second)
}

// loadUnread reads the count and those of the ids that are there and unread.
func (s *Store) loadUnread(ctx context.Context, userID string, ids []string) (counter unreadItem, unread []notificationItem, err error) {
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
			unread = append(unread, i)
		} else if err := decode(row, &counter); err != nil {
			return counter, nil, err
		}
	}
	return counter, slices.DeleteFunc(unread, counter.isRead), nil
}

// MarkAllNotificationsRead implements notification.Store: one write, however many there are.
func (s *Store) MarkAllNotificationsRead(ctx context.Context, userID string) error {
	for attempt := range maxConflictRetries {
		in := s.notificationsQuery(userID, "")
		in.ConsistentRead, in.Limit = aws.Bool(true), aws.Int32(2)
		out, err := s.db.Query(ctx, in)
		if err != nil {
			return translate(err)
		}
		var newest unreadItem
		if len(out.Items) > 1 {
			if err := decode(out.Items[1], &newest); err != nil {
				return err
			}
		}
		var counter unreadItem
		if len(out.Items) > 0 {
			if err := decode(out.Items[0], &counter); err != nil {
				return err
			}
		}
		if counter.SK != skUnread || counter.Unread == 0 {
			return nil
		}
		_, applied, err := s.update(ctx, updateSpec{
			key: unreadKey(userID), set: "SET un = :none, up = :newest ADD g :one", condition: "c = :made",
			values: values{"none": 0, "one": 1, "newest": max(newest.SK, counter.UpTo), "made": counter.Total},
		})
		if applied || err != nil && !apperr.Is(err, apperr.Conflict) {
			return err
		}
		backOff(ctx, attempt)
	}
	return apperr.New(apperr.Conflict, "").WithRetryAfter(time.Second)
}
