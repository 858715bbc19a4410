package dynamo

import (
	"ticketsystem/pkg/notification"
)

// notificationItem is a notification. Attribute names are short because reads are
// charged by size.
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
	ReadRound    int           `dynamodbav:"lt,omitempty"` // ReadAllCount when it was created late; see unreadItem
	RequestID    string        `dynamodbav:"rq,omitempty"`
	At           int64         `dynamodbav:"at"`
	TTL          int64         `dynamodbav:"ttl"`
	Email        *deliveryItem `dynamodbav:"email,omitempty"`
	SMS          *deliveryItem `dynamodbav:"sms,omitempty"`
	Push         *deliveryItem `dynamodbav:"push,omitempty"`
}

type deliveryItem struct {
	State    string   `dynamodbav:"s"`
	Reason   string   `dynamodbav:"r,omitempty"`
	Attempts int      `dynamodbav:"c,omitempty"`
	At       int64    `dynamodbav:"t"`
	Into     string   `dynamodbav:"g,omitempty"`
	Reached  []string `dynamodbav:"d,omitempty"`
	Counted  bool     `dynamodbav:"q,omitempty"`
}

// unreadItem counts a user's unread notifications. "Read all" is one write: it sets
// UpTo to the newest id, and all notifications up to it count as read.
//
// A notification can be created late, with an id below UpTo. It then stores the
// current ReadAllCount, and counts as read only after the next "read all".
type unreadItem struct {
	key
	Unread       int    `dynamodbav:"un"`
	UpTo         string `dynamodbav:"up,omitempty"`
	ReadAllCount int    `dynamodbav:"g"`
	Total        int    `dynamodbav:"c"` // notifications ever created
}

// coversByReadAll reports whether a "read all" has marked i as read.
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
		RequestID: n.RequestID, At: toMillis(n.CreatedAt), TTL: n.CreatedAt.Add(notification.TTL).Unix(),
		Email: deliveryToItem(n.Deliveries, notification.Email), SMS: deliveryToItem(n.Deliveries, notification.SMS), Push: deliveryToItem(n.Deliveries, notification.Push),
	}
}

func deliveryToItem(all map[notification.Channel]notification.Delivery, channel notification.Channel) *deliveryItem {
	d, planned := all[channel]
	if !planned {
		return nil
	}
	return &deliveryItem{string(d.State), d.Reason, d.Attempts, toMillis(d.At), d.Into, d.Reached, d.Counted}
}

func (i notificationItem) notification() notification.Notification {
	n := notification.Notification{
		ID: i.SK, UserID: idOf(i.PK), Kind: notification.Kind(i.Kind), TicketID: i.Ticket, Seq: i.Seq, Title: i.Title, Body: i.Body,
		Author: i.Author, Status: i.Status, BroadcastID: i.Broadcast, CounterShard: i.CounterShard, Hidden: i.Hidden, Read: i.Read, RequestID: i.RequestID, CreatedAt: fromMillis(i.At),
		Deliveries: map[notification.Channel]notification.Delivery{},
	}
	for channel, d := range map[notification.Channel]*deliveryItem{notification.Email: i.Email, notification.SMS: i.SMS, notification.Push: i.Push} {
		if d != nil {
			n.Deliveries[channel] = notification.Delivery{
				State: notification.State(d.State), Reason: d.Reason, Attempts: d.Attempts, At: fromMillis(d.At), Into: d.Into, Reached: d.Reached, Counted: d.Counted,
			}
		}
	}
	return n
}
