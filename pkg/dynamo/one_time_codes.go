package dynamo

import (
	"context"
	"strings"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
)

// codeItem is a one-time code. Its key holds the MAC of the recipient; the digits are
// derived from the key and not stored.
type codeItem struct {
	key
	Client   string `dynamodbav:"client"` // MAC
	Attempts int    `dynamodbav:"tries"`
	SentAt   int64  `dynamodbav:"sent"`
	TTL      int64  `dynamodbav:"ttl"`
}

func codeKeyOf(c account.OneTimeCode) key { return codeKey(c.RecipientMAC, c.Purpose, c.ID) }

// reservationItem is the counter of a client and recipient, with the last code.
type reservationItem struct {
	Count int    `dynamodbav:"hits"`
	Last  string `dynamodbav:"last"`
	At    int64  `dynamodbav:"sent"`
}

// ReserveCode implements account.OTPStore.
func (s *Store) ReserveCode(ctx context.Context, counter limit.Counter, c account.OneTimeCode, cutoff time.Time, limit int) (time.Time, int, bool, error) {
	stored, applied, err := s.update(ctx, updateSpec{
		key: rateCounterKey(counter), set: "SET #last = :id, sent = :now, #ttl = :ttl ADD hits :one",
		condition: "attribute_not_exists(PK) OR (sent <= :cutoff AND hits < :limit)",
		values: values{
			"id": c.ID, "now": toMillis(c.SentAt), "cutoff": toMillis(cutoff), "limit": limit, "one": 1, "ttl": counter.Start.Add(2 * counter.Window).Unix(),
		},
	})
	if err != nil || stored == nil {
		return time.Time{}, 0, false, err
	}
	i, err := decodeAs[reservationItem](stored)
	// The stored code may be this one: the SDK repeats a write whose response was lost.
	return fromMillis(i.At), i.Count, err == nil && (applied || i.Last == c.ID), err
}

// ReleaseCode implements account.OTPStore.
func (s *Store) ReleaseCode(ctx context.Context, counter limit.Counter, c account.OneTimeCode, last time.Time) error {
	_, _, err := s.update(ctx, updateSpec{
		key: rateCounterKey(counter), set: "SET #last = :none, sent = :last ADD hits :minusOne", condition: "#last = :id",
		values: values{"none": "", "last": toMillis(last), "minusOne": -1, "id": c.ID},
	})
	return err
}

// PutCode implements account.OTPStore.
func (s *Store) PutCode(ctx context.Context, c account.OneTimeCode) error {
	_, err := s.put(ctx, codeItem{codeKeyOf(c), c.ClientMAC, 0, toMillis(c.SentAt), c.ExpiresAt.Unix()}, "", nil)
	return err
}

// CountCodeAttempt implements account.OTPStore.
func (s *Store) CountCodeAttempt(ctx context.Context, c account.OneTimeCode, limit int) (found bool, lockedUntil time.Time, err error) {
	stored, applied, err := s.update(ctx, updateSpec{
		key: codeKeyOf(c), set: "SET tries = tries + :one",
		condition: "attribute_exists(PK) AND tries < :limit AND #ttl > :now",
		values:    values{"one": 1, "limit": limit, "now": s.now().Unix()},
	})
	if err != nil || stored == nil {
		return false, time.Time{}, err
	}
	i, err := decodeAs[codeItem](stored)
	if err == nil && !applied && i.Attempts >= limit && i.TTL > s.now().Unix() {
		lockedUntil = time.Unix(i.TTL, 0).UTC()
	}
	return applied, lockedUntil, err
}

// UnexpiredCodes implements account.OTPStore with one query of a few items.
func (s *Store) UnexpiredCodes(ctx context.Context, recipientMAC, purpose string) ([]account.OneTimeCode, error) {
	prefix := codeKey(recipientMAC, purpose, "")
	items, err := queryAs[codeItem](ctx, s, queryInput("PK = :pk AND begins_with(SK, :prefix)", values{"pk": prefix.PK, "prefix": prefix.SK}, consistent))
	if err != nil {
		return nil, err
	}
	var live []account.OneTimeCode
	for _, i := range items {
		if i.TTL > s.now().Unix() {
			live = append(live, account.OneTimeCode{
				RecipientMAC: recipientMAC, Purpose: purpose, ID: strings.TrimPrefix(i.SK, prefix.SK), ClientMAC: i.Client, Attempts: i.Attempts,
				SentAt: fromMillis(i.SentAt), ExpiresAt: time.Unix(i.TTL, 0).UTC(),
			})
		}
	}
	return live, nil
}

// consumeCode adds the delete of a code, so that the code works once.
func consumeCode(tx *transaction, c account.OneTimeCode) *transaction {
	return tx.remove(codeKeyOf(c), "attribute_exists(PK)", nil)
}

func errCodeUsed() error {
	return apperr.New(apperr.CodeWrong, "").WithFields(apperr.Field{
		Pointer: "/code", Code: "wrong", Message: "This code has been used."})
}

// rateCounterItem counts the requests in one window of a rate limit.
type rateCounterItem struct {
	Count int `dynamodbav:"hits"`
}

func rateCounterKey(c limit.Counter) key { return rateLimitKey(c.Scope, c.Start.Unix()) }

// AddToCounter implements account.OTPStore.
func (s *Store) AddToCounter(ctx context.Context, c limit.Counter, n int) (int, error) {
	after, _, err := s.update(ctx, updateSpec{
		key: rateCounterKey(c), set: "SET #ttl = :ttl ADD hits :n",
		values: values{"n": n, "ttl": c.Start.Add(2 * c.Window).Unix()},
	})
	if err != nil {
		return 0, err
	}
	var i rateCounterItem
	err = decode(after, &i)
	return i.Count, err
}

// AddWithin implements limit.Store.
func (s *Store) AddWithin(ctx context.Context, c limit.Counter, n, maximum int) (bool, error) {
	if n > maximum {
		return false, nil
	}
	_, applied, err := s.update(ctx, updateSpec{
		key: rateCounterKey(c), set: "SET #ttl = :ttl ADD hits :n", condition: "attribute_not_exists(hits) OR hits <= :most",
		values: values{"n": n, "most": maximum - n, "ttl": c.Start.Add(2 * c.Window).Unix()},
	})
	return applied, err
}
