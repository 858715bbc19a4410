package table

import (
	"context"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
)

// codeItem is a one-time code: a keyed hash under a keyed hash.
type codeItem struct {
	key
	Hash  string `dynamodbav:"hash"`
	Tries int    `dynamodbav:"tries"`
	Sent  int64  `dynamodbav:"sent"`
	TTL   int64  `dynamodbav:"ttl"`
}

// PutCode implements account.Store.
func (t *Table) PutCode(ctx context.Context, c account.Code, newer time.Time) (time.Time, bool, error) {
	held, err := t.put(ctx,
		codeItem{codeKey(c.NumberMAC, c.Purpose), c.Hash, 0, toMillis(c.SentAt), c.ExpiresAt.Unix()},
		"attribute_not_exists(PK) OR sent <= :newer", values{"newer": toMillis(newer)})
	if err != nil || held == nil {
		return c.SentAt, err == nil, err
	}
	var i codeItem
	err = decode(held, &i)
	// Its own code: an answer was lost and the write was tried again.
	return fromMillis(i.Sent), i.Hash == c.Hash && i.Sent == toMillis(c.SentAt), err
}

// DropCode implements account.Store.
func (t *Table) DropCode(ctx context.Context, c account.Code) error {
	_, err := t.remove(ctx, codeKey(c.NumberMAC, c.Purpose), "#hash = :hash", values{"hash": c.Hash})
	return err
}

// TryCode implements account.Store.
func (t *Table) TryCode(ctx context.Context, numberMAC, purpose string, most int) (c account.Code, found, locked bool, err error) {
	k := codeKey(numberMAC, purpose)
	was, applied, err := t.update(ctx, change{
		key: k, set: "SET tries = tries + :one",
		condition: "attribute_exists(PK) AND tries < :most AND #ttl > :now",
		values:    values{"one": 1, "most": most, "now": t.now().Unix()},
	})
	if err != nil || was == nil {
		return account.Code{}, false, false, err
	}
	var i codeItem
	if err := decode(was, &i); err != nil {
		return account.Code{}, false, false, err
	}
	c = account.Code{
		NumberMAC: numberMAC, Purpose: purpose, Hash: i.Hash, Tries: i.Tries,
		SentAt: fromMillis(i.Sent), ExpiresAt: time.Unix(i.TTL, 0).UTC(),
	}
	return c, applied, !applied && i.Tries >= most && i.TTL > t.now().Unix(), nil
}

// useCode makes a transaction use up a code: it works once.
func useCode(tx *transaction, c account.Code) {
	tx.remove(codeKey(c.NumberMAC, c.Purpose), "#hash = :hash", values{"hash": c.Hash})
}

func codeUsed() error {
	return fault.New(fault.CodeWrong, "").WithFields(fault.Field{
		Pointer: "/code", Code: "wrong", Message: "This code has been used."})
}

// counterItem counts within one window of a limit.
type counterItem struct {
	N int `dynamodbav:"hits"`
}

func counterKey(c account.Counter) key { return limitKey(c.Scope, c.Start.Unix()) }

// Count implements account.Store.
func (t *Table) Count(ctx context.Context, c account.Counter) (int, error) {
	after, _, err := t.update(ctx, change{
		key: counterKey(c), set: "SET #ttl = :ttl ADD hits :one",
		values: values{"one": 1, "ttl": c.Start.Add(2 * c.Window).Unix()},
	})
	if err != nil {
		return 0, err
	}
	var i counterItem
	err = decode(after, &i)
	return i.N, err
}
