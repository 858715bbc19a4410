package table

import (
	"context"
	"time"

	"ticketsystem/pkg/notification"
)

var (
	_ notification.Ledger  = (*Table)(nil)
	_ notification.Stopper = (*Table)(nil)
)

// Claim implements notification.Ledger: one write, which only one of several
// that come at once can make.
func (t *Table) Claim(ctx context.Context, o notification.Order, now, stale time.Time) (notification.Notification, bool, error) {
	at := string(o.Channel) // the attribute has the channel's name
	row, applied, err := t.update(ctx, change{
		key: noticeKey(o.UserID, o.ID), set: "SET " + at + ".s = :sending, " + at + ".t = :now ADD " + at + ".c :one",
		condition: at + ".s IN (:queued, :failed) OR (" + at + ".s = :sending AND " + at + ".t < :stale)",
		values: values{
			"sending": string(notification.Sending), "queued": string(notification.Queued), "failed": string(notification.Failed),
			"now": toMillis(now), "stale": toMillis(stale), "one": 1,
		},
	})
	if err != nil || row == nil {
		return notification.Notification{}, false, err
	}
	var i noticeItem
	err = decode(row, &i)
	return i.notification(), applied, err
}

// Settle implements notification.Ledger. A claim that another one has taken
// over is left to it.
func (t *Table) Settle(ctx context.Context, n notification.Notification, channel notification.Channel, d notification.Delivery) error {
	at := string(channel)
	settle := change{
		key: noticeKey(n.UserID, n.ID), set: "SET " + at + " = :done",
		condition: at + ".s = :sending AND " + at + ".c = :attempt",
		values: values{
			"sending": string(notification.Sending), "attempt": d.Attempts,
			"done": deliveryItem{string(d.State), d.Reason, d.Attempts, toMillis(d.At)},
		},
	}
	counted, counts := settled(n, channel, d)
	if !counts {
		_, _, err := t.update(ctx, settle)
		return err
	}
	_, err := t.transaction().update(settle).update(counted).commitInTurn(ctx) // others count into the same segment
	return err
}

// Recipient implements notification.Ledger: the person, his count (which says
// what he has read at once), the notification and his read mark, in one read.
func (t *Table) Recipient(ctx context.Context, n notification.Notification) (notification.Recipient, error) {
	keys := []key{userKey(n.UserID), unreadKey(n.UserID), noticeKey(n.UserID, n.ID)}
	if n.TicketID != "" {
		keys = append(keys, markKey(n.TicketID, n.UserID))
	}
	rows, err := t.getAll(ctx, keys, true)
	if err != nil {
		return notification.Recipient{}, err
	}
	var (
		person userItem
		count  unreadItem
		notice noticeItem
		mark   markItem
	)
	into := map[key]any{keys[0]: &person, keys[1]: &count, keys[2]: &notice, markKey(n.TicketID, n.UserID): &mark}
	for _, row := range rows {
		var k key
		if err := decode(row, &k); err != nil {
			return notification.Recipient{}, err
		}
		if err := decode(row, into[k]); err != nil {
			return notification.Recipient{}, err
		}
	}
	return notification.Recipient{
		User: person.user(), Found: person.ID != "", Read: count.read(notice) || n.Seq > 0 && mark.Read >= n.Seq,
	}, nil
}

// suppressionItem is an address that mail no longer goes to.
type suppressionItem struct {
	key
	Reason string `dynamodbav:"reason"`
	At     int64  `dynamodbav:"at"`
}

// Suppressed implements notification.Ledger.
func (t *Table) Suppressed(ctx context.Context, address string) (bool, error) {
	return t.get(ctx, suppressionKey(notification.Address(address)), true, &suppressionItem{})
}

// Suppress implements notification.Stopper.
func (t *Table) Suppress(ctx context.Context, c notification.Complaint) error {
	address := notification.Address(c.Address)
	if _, err := t.put(ctx, suppressionItem{suppressionKey(address), c.Reason, toMillis(t.now())}, "", nil); err != nil || c.UserID == "" {
		return err
	}
	_, _, err := t.update(ctx, change{
		key: userKey(c.UserID), set: "SET emailVerified = :no", condition: "email = :address OR email = :given",
		values: values{"no": false, "address": address, "given": c.Address},
	})
	return err
}

// Spend implements notification.Ledger.
func (t *Table) Spend(ctx context.Context, day time.Time, most int) (bool, error) {
	_, applied, err := t.update(ctx, change{
		key: spendKey(day.UTC().Format(time.DateOnly)), set: "SET #ttl = :ttl ADD hits :one",
		condition: "attribute_not_exists(hits) OR hits < :most",
		values:    values{"ttl": day.Add(48 * time.Hour).Unix(), "one": 1, "most": most},
	})
	return applied, err
}
