// Package idempotency stores the responses of requests by their Idempotency-Key, so that
// a retry returns the first response instead of a second effect.
package idempotency

import (
	"context"
	"time"
)

const (
	// TTL is how long a response is stored.
	TTL = 24 * time.Hour
	// InProgressTimeout is the age after which a request without a response is
	// considered failed. It exceeds the timeout of every function.
	InProgressTimeout = 35 * time.Second
)

// Record is a request and its response.
type Record struct {
	Key       string // keyed hash of user, route and Idempotency-Key
	BodyHash  string // keyed hash of the request's body
	Owner     string // id of the request that started it
	Response  string // sealed; "" while the request is running
	StartedAt time.Time
	ExpiresAt time.Time
}

// Store stores records.
type Store interface {
	// BeginRequest stores a record without a response, or returns the existing record
	// of the key. It replaces an expired record, and a record without a response that
	// has the same body hash and was started before timedOutBefore.
	BeginRequest(ctx context.Context, r Record, timedOutBefore time.Time) (existing *Record, err error)
	// CompleteRequest stores the response.
	CompleteRequest(ctx context.Context, r Record) error
	// ReleaseRequest deletes a record without a response, so that a retry runs again.
	ReleaseRequest(ctx context.Context, r Record) error
}
