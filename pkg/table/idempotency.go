package table

import (
	"context"
	"time"

	"ticketsystem/pkg/idempotency"
)

var _ idempotency.Store = (*Table)(nil)

// repeatItem remembers a request by its Idempotency-Key.
type repeatItem struct {
	key
	Body   string `dynamodbav:"body"`             // keyed hash of the request
	Owner  string `dynamodbav:"by"`               // the request that began it
	Answer string `dynamodbav:"answer,omitempty"` // sealed; "" while the first is running
	Since  int64  `dynamodbav:"since"`
	TTL    int64  `dynamodbav:"ttl"`
}

// Begin implements idempotency.Store.
func (t *Table) Begin(ctx context.Context, r idempotency.Record, abandoned time.Time) (*idempotency.Record, error) {
	held, err := t.put(ctx,
		repeatItem{idempotencyKey(r.Key), r.Body, r.Owner, "", toMillis(r.Since), r.ExpiresAt.Unix()},
		"attribute_not_exists(PK) OR #ttl < :now OR (attribute_not_exists(answer) AND since < :abandoned AND body = :body)",
		values{"now": t.now().Unix(), "abandoned": toMillis(abandoned), "body": r.Body})
	if err != nil || held == nil {
		return nil, err
	}
	var i repeatItem
	if err := decode(held, &i); err != nil {
		return nil, err
	}
	if i.Owner == r.Owner && i.Answer == "" {
		return nil, nil // its own: an answer was lost and the write was tried again
	}
	return &idempotency.Record{Key: r.Key, Body: i.Body, Answer: i.Answer, Since: fromMillis(i.Since), ExpiresAt: time.Unix(i.TTL, 0).UTC()}, nil
}

// Finish implements idempotency.Store.
func (t *Table) Finish(ctx context.Context, r idempotency.Record) error {
	_, err := t.put(ctx, repeatItem{idempotencyKey(r.Key), r.Body, r.Owner, r.Answer, toMillis(r.Since), r.ExpiresAt.Unix()}, "", nil)
	return err
}

// Abandon implements idempotency.Store.
func (t *Table) Abandon(ctx context.Context, r idempotency.Record) error {
	_, err := t.remove(ctx, idempotencyKey(r.Key), "attribute_not_exists(answer)", nil)
	return err
}
