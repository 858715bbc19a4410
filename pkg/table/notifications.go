package table

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/notification"
)

var _ notification.Store = (*Table)(nil)

// noticeItem is a notification. Names are short because a page is paid for by
// its size.
type noticeItem struct {
	key
	Kind      string        `dynamodbav:"k"`
	Ticket    string        `dynamodbav:"tk,omitempty"`
	Seq       int           `dynamodbav:"sq,omitempty"`
	Title     string        `dynamodbav:"ti,omitempty"`
	Body      string        `dynamodbav:"tx,omitempty"`
	Author    string        `dynamodbav:"by,omitempty"`
	Status    string        `dynamodbav:"st,omitempty"`
	Broadcast string        `dynamodbav:"bc,omitempty"`
	Segment   int           `dynamodbav:"sg,omitempty"`
	Silent    bool          `dynamodbav:"x,omitempty"`
	Read      bool          `dynamodbav:"r,omitempty"`
	Late      int           `dynamodbav:"lt,omitempty"` // how often all had been read when it came; see unreadItem
	At        int64         `dynamodbav:"at"`
	TTL       int64         `dynamodbav:"ttl"`
	Email     *deliveryItem `dynamodbav:"email,omitempty"`
	SMS       *deliveryItem `dynamodbav:"sms,omitempty"`
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
	Unread int    `dynamodbav:"un"`
	UpTo   string `dynamodbav:"up,omitempty"`
	Round  int    `dynamodbav:"g"`
	Made   int    `dynamodbav:"c"` // how many were ever made
}

// covers says whether a notification was read when all were.
func (u unreadItem) covers(i noticeItem) bool {
	if i.Late > 0 {
		return u.Round > i.Late
	}
	return u.UpTo >= i.SK
}

func (u unreadItem) read(i noticeItem) bool { return i.Read || u.covers(i) }

func noticeToItem(n notification.Notification, late int) noticeItem {
	return noticeItem{
		key: noticeKey(n.UserID, n.ID), Kind: string(n.Kind), Ticket: n.TicketID, Seq: n.Seq, Title: n.Title, Body: n.Body,
		Author: n.Author, Status: n.Status, Broadcast: n.BroadcastID, Segment: n.Segment, Silent: n.Silent, Read: n.Read, Late: late,
		At: toMillis(n.CreatedAt), TTL: n.CreatedAt.Add(notification.Life).Unix(),
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

func (i noticeItem) notification() notification.Notification {
	n := notification.Notification{
		ID: i.SK, UserID: idOf(i.PK), Kind: notification.Kind(i.Kind), TicketID: i.Ticket, Seq: i.Seq, Title: i.Title, Body: i.Body,
		Author: i.Author, Status: i.Status, BroadcastID: i.Broadcast, Segment: i.Segment, Silent: i.Silent, Read: i.Read, CreatedAt: fromMillis(i.At),
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

// Notify implements notification.Store.
func (t *Table) Notify(ctx context.Context, list ...notification.Notification) error {
	_, err := t.notifyAnd(ctx, list, nil)
	return err
}

// notifyAnd stores notifications and counts them, together with what also
// adds: all of it or nothing. A notification costs two of the 100 writes of a
// transaction, and no person may be in it twice. Notifications that are there
// already are left out; held is what stands in the way of also's writes.
func (t *Table) notifyAnd(ctx context.Context, list []notification.Notification, also func(*transaction)) (held failure, err error) {
	late := map[string]int{} // by person
	for try := range conflictTries {
		tx := t.transaction()
		if also != nil {
			also(tx)
		}
		first := len(tx.items)
		for _, n := range list {
			addNotice(tx, n, late[n.UserID])
		}
		if len(tx.items) == 0 {
			return nil, nil
		}
		failed, err := tx.commit(ctx)
		if fault.Is(err, fault.Conflict) {
			pause(ctx, try)
			continue
		}
		if err != nil || failed == nil {
			return nil, err
		}
		if failed.before(first) {
			return failed, nil
		}
		if list, err = relisted(list, failed, first, late); err != nil {
			return nil, err
		}
	}
	return nil, fault.New(fault.Conflict, "").WithRetryAfter(time.Second)
}

// before says whether a write before that place has failed.
func (f failure) before(place int) bool {
	for at := range f {
		if at < place {
			return true
		}
	}
	return false
}

// relisted leaves out what is there already, and learns the round of those who
// have read further than what comes.
func relisted(list []notification.Notification, failed failure, first int, late map[string]int) ([]notification.Notification, error) {
	var rest []notification.Notification
	for i, n := range list {
		if _, exists := failed[first+2*i]; exists {
			continue
		}
		if counter, refused := failed[first+2*i+1]; refused {
			var u unreadItem
			if err := decode(counter, &u); err != nil {
				return nil, err
			}
			late[n.UserID] = u.Round
		}
		rest = append(rest, n)
	}
	return rest, nil
}

// addNotice adds the two writes of a notification.
func addNotice(tx *transaction, n notification.Notification, late int) {
	condition, vals := "attribute_not_exists(up) OR up < :id", values{"one": 1, "none": 0, "id": n.ID}
	if late > 0 {
		condition, vals = "g = :round", values{"one": 1, "none": 0, "round": late}
	}
	if n.Silent {
		vals["one"] = 0 // nobody sees it, so it is nobody's to read
	}
	tx.put(noticeToItem(n, late), slotFree, nil)
	tx.update(change{key: unreadKey(n.UserID), set: "ADD un :one, c :one, g :none", condition: condition, values: vals})
}

// Notifications implements notification.Store: one read that begins at the
// counter, or, on later pages, a second for the counter.
func (t *Table) Notifications(ctx context.Context, userID string, q notification.Query) (notification.Page, error) {
	in := t.noticesBefore(userID, q.Before)
	step := q.Limit + 1
	if q.Unread {
		step = max(step, filterStep)
	}
	var (
		count unreadItem
		page  notification.Page
	)
	if q.Before == "" {
		step++
	} else if _, err := t.get(ctx, unreadKey(userID), false, &count); err != nil {
		return page, err
	}
	in.Limit = aws.Int32(int32(step))
	for range filterSteps {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return page, translate(err)
		}
		full, err := t.addNotices(&page, &count, q, out.Items)
		page.Unread = count.Unread
		in.ExclusiveStartKey = out.LastEvaluatedKey
		if err != nil || full || in.ExclusiveStartKey == nil || q.Unread && count.Unread == 0 {
			return counted(page, q, full), err
		}
	}
	page.Next = plainKey(in.ExclusiveStartKey)["SK"]
	return page, nil
}

func (t *Table) noticesBefore(userID, before string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: t.name, ScanIndexForward: aws.Bool(false), KeyConditionExpression: aws.String("PK = :pk"),
		ExpressionAttributeValues: values{"pk": noticesPK(userID)}.wire(),
	}
	if before != "" {
		in.KeyConditionExpression = aws.String("PK = :pk AND SK < :before")
		in.ExpressionAttributeValues = values{"pk": noticesPK(userID), "before": before}.wire()
	}
	return in
}

// addNotices adds rows to a page until it is full.
func (t *Table) addNotices(page *notification.Page, count *unreadItem, q notification.Query, items []item) (full bool, err error) {
	for _, row := range items {
		var i noticeItem
		if err := decode(row, &i); err != nil {
			return false, err
		}
		if i.SK == skUnread {
			if err := decode(row, count); err != nil {
				return false, err
			}
			continue
		}
		n := i.notification()
		n.Read = count.read(i)
		if i.Silent || i.TTL <= t.now().Unix() || q.Unread && n.Read {
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

// counted corrects the count when the whole list is at hand: what went away
// unread, for being old, is still in the stored one.
func counted(page notification.Page, q notification.Query, full bool) notification.Page {
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

// MarkRead implements notification.Store: the items that are unread, and the
// count, in one transaction, so that nothing is ever counted twice.
func (t *Table) MarkRead(ctx context.Context, userID string, ids []string) error {
	for part := range slices.Chunk(ids, noticesAtOnce) {
		if err := t.markRead(ctx, userID, part); err != nil {
			return err
		}
	}
	return nil
}

// noticesAtOnce and the count fit into one read of 100 items, and one
// transaction.
const noticesAtOnce = 99

func (t *Table) markRead(ctx context.Context, userID string, ids []string) error {
	for try := range conflictTries {
		count, unread, err := t.unreadOf(ctx, userID, ids)
		if err != nil || len(unread) == 0 {
			return err
		}
		tx := t.transaction().update(change{
			key: unreadKey(userID), set: "ADD un :less", condition: "g = :round", // nobody has read all meanwhile
			values: values{"less": -len(unread), "round": count.Round},
		})
		for _, i := range unread {
			tx.update(change{
				key: i.key, set: "SET r = :yes", condition: "attribute_exists(PK) AND attribute_not_exists(r)", values: values{"yes": true},
			})
		}
		failed, err := tx.commit(ctx)
		if err == nil && failed == nil {
			return nil
		}
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		pause(ctx, try)
	}
	return fault.New(fault.Conflict, "").WithRetryAfter(time.Second)
}

// unreadOf reads the count and those of the ids that are there and unread.
func (t *Table) unreadOf(ctx context.Context, userID string, ids []string) (count unreadItem, unread []noticeItem, err error) {
	keys := []key{unreadKey(userID)}
	for _, id := range ids {
		keys = append(keys, noticeKey(userID, id))
	}
	rows, err := t.getAll(ctx, keys, true)
	if err != nil {
		return count, nil, err
	}
	for _, row := range rows {
		var i noticeItem
		if err := decode(row, &i); err != nil {
			return count, nil, err
		}
		if i.SK != skUnread {
			unread = append(unread, i)
		} else if err := decode(row, &count); err != nil {
			return count, nil, err
		}
	}
	return count, slices.DeleteFunc(unread, count.read), nil
}

// MarkAllRead implements notification.Store: one write, however many there are.
func (t *Table) MarkAllRead(ctx context.Context, userID string) error {
	for try := range conflictTries {
		in := t.noticesBefore(userID, "")
		in.ConsistentRead, in.Limit = aws.Bool(true), aws.Int32(2)
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return translate(err)
		}
		var newest unreadItem
		if len(out.Items) > 1 {
			if err := decode(out.Items[1], &newest); err != nil {
				return err
			}
		}
		var count unreadItem
		if len(out.Items) > 0 {
			if err := decode(out.Items[0], &count); err != nil {
				return err
			}
		}
		if count.SK != skUnread || count.Unread == 0 {
			return nil
		}
		_, applied, err := t.update(ctx, change{
			key: unreadKey(userID), set: "SET un = :none, up = :newest ADD g :one", condition: "c = :made",
			values: values{"none": 0, "one": 1, "newest": max(newest.SK, count.UpTo), "made": count.Made},
		})
		if applied || err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		pause(ctx, try)
	}
	return fault.New(fault.Conflict, "").WithRetryAfter(time.Second)
}
