package dynamo

import (
	"context"
	"time"

	"ticketsystem/pkg/idempotency"
)

var _ idempotency.Store = (*Store)(nil)

// idempotencyItem is a request with an Idempotency-Key and, when done, its response.
type idempotencyItem struct {
	key
	Body      string `dynamodbav:"body"`             // MAC of the request
	Owner     string `dynamodbav:"by"`               // id of the request that started it
	Response  string `dynamodbav:"answer,omitempty"` // encrypted; "" while in progress
	StartedAt int64  `dynamodbav:"since"`
	TTL       int64  `dynamodbav:"ttl"`
}

// BeginRequest implements idempotency.Store.
func (s *Store) BeginRequest(ctx context.Context, r idempotency.Record, abandoned time.Time) (*idempotency.Record, error) {
	existing, err := s.put(ctx,
		idempotencyItem{idempotencyKey(r.Key), r.BodyHash, r.Owner, "", toMillis(r.StartedAt), r.ExpiresAt.Unix()},
		"attribute_not_exists(PK) OR #ttl < :now OR (attribute_not_exists(answer) AND since < :abandoned AND body = :body)",
		values{"now": s.now().Unix(), "abandoned": toMillis(abandoned), "body": r.BodyHash})
	if err != nil || existing == nil {
		return nil, err
	}
	i, err := decodeAs[idempotencyItem](existing)
	if err != nil {
		return nil, err
	}
	if i.Owner == r.Owner && i.Response == "" {
		return nil, nil // the same request: the SDK repeated a write whose response was lost
	}
	return &idempotency.Record{Key: r.Key, BodyHash: i.Body, Response: i.Response, StartedAt: fromMillis(i.StartedAt), ExpiresAt: time.Unix(i.TTL, 0).UTC()}, nil
}

// CompleteRequest implements idempotency.Store.
func (s *Store) CompleteRequest(ctx context.Context, r idempotency.Record) error {
	_, err := s.put(ctx, idempotencyItem{idempotencyKey(r.Key), r.BodyHash, r.Owner, r.Response, toMillis(r.StartedAt), r.ExpiresAt.Unix()}, "", nil)
	return err
}

// ReleaseRequest implements idempotency.Store.
func (s *Store) ReleaseRequest(ctx context.Context, r idempotency.Record) error {
	_, err := s.remove(ctx, idempotencyKey(r.Key), "attribute_not_exists(answer)", nil)
	return err
}
