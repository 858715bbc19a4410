package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
)

// codeItem is a one-time code. Its key holds the MAC of the recipient, and Hash
// the MAC of the code.
type codeItem struct {
	key
	Hash     string `dynamodbav:"hash"`
	Attempts int    `dynamodbav:"tries"`
	SentAt   int64  `dynamodbav:"sent"`
	TTL      int64  `dynamodbav:"ttl"`
}

// PutCode implements account.OTPStore.
func (s *Store) PutCode(ctx context.Context, c account.OneTimeCode, newer time.Time) (time.Time, bool, error) {
	existing, err := s.put(ctx,
		codeItem{codeKey(c.RecipientMAC, c.Purpose), c.Hash, 0, toMillis(c.SentAt), c.ExpiresAt.Unix()},
		"attribute_not_exists(PK) OR sent <= :newer", values{"newer": toMillis(newer)})
	if err != nil || existing == nil {
		return c.SentAt, err == nil, err
	}
	var i codeItem
	err = decode(existing, &i)
	// The stored code may be the same one: the SDK repeats a write whose response was lost.
	return fromMillis(i.SentAt), i.Hash == c.Hash && i.SentAt == toMillis(c.SentAt), err
}

// DeleteCode implements account.OTPStore.
func (s *Store) DeleteCode(ctx context.Context, c account.OneTimeCode) error {
	_, err := s.remove(ctx, codeKey(c.RecipientMAC, c.Purpose), "#hash = :hash", values{"hash": c.Hash})
	return err
}

// ConsumeCodeAttempt implements account.OTPStore.
func (s *Store) ConsumeCodeAttempt(ctx context.Context, numberMAC, purpose string, limit int) (c account.OneTimeCode, found, locked bool, err error) {
	k := codeKey(numberMAC, purpose)
	stored, applied, err := s.update(ctx, updateSpec{
		key: k, set: "SET tries = tries + :one",
		condition: "attribute_exists(PK) AND tries < :limit AND #ttl > :now",
		values:    values{"one": 1, "limit": limit, "now": s.now().Unix()},
	})
	if err != nil || stored == nil {
		return account.OneTimeCode{}, false, false, err
	}
	i, err := decodeAs[codeItem](stored)
	if err != nil {
		return account.OneTimeCode{}, false, false, err
	}
	c = account.OneTimeCode{
		RecipientMAC: numberMAC, Purpose: purpose, Hash: i.Hash, Attempts: i.Attempts,
		SentAt: fromMillis(i.SentAt), ExpiresAt: time.Unix(i.TTL, 0).UTC(),
	}
	return c, applied, !applied && i.Attempts >= limit && i.TTL > s.now().Unix(), nil
}

// consumeCode adds the delete of a code, so that the code works once.
func consumeCode(tx *transaction, c account.OneTimeCode) *transaction {
	return tx.remove(codeKey(c.RecipientMAC, c.Purpose), "#hash = :hash", values{"hash": c.Hash})
}

func errCodeUsed() error {
	return apperr.New(apperr.CodeWrong, "").WithFields(apperr.Field{
		Pointer: "/code", Code: "wrong", Message: "This code has been used."})
}

// rateCounterItem counts the requests in one window of a rate limit.
type rateCounterItem struct {
	Count int `dynamodbav:"hits"`
}

func rateCounterKey(c account.RateCounter) key { return rateLimitKey(c.Scope, c.Start.Unix()) }

// IncrementCounter implements account.OTPStore.
func (s *Store) IncrementCounter(ctx context.Context, c account.RateCounter) (int, error) {
	after, _, err := s.update(ctx, updateSpec{
		key: rateCounterKey(c), set: "SET #ttl = :ttl ADD hits :one",
		values: values{"one": 1, "ttl": c.Start.Add(2 * c.Window).Unix()},
	})
	if err != nil {
		return 0, err
	}
	var i rateCounterItem
	err = decode(after, &i)
	return i.Count, err
}
