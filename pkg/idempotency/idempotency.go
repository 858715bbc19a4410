// Package idempotency remembers requests by the key a client gave them, so
// that a repeat gets the first answer instead of a second effect.
package idempotency

import (
	"context"
	"time"
)

const (
	// TTL is how long an answer is remembered.
	TTL = 24 * time.Hour
	// InProgressTimeout is how long a first request may run before it is given up: no
	// function runs longer, so its answer will not come any more.
	InProgressTimeout = 35 * time.Second
)

// Record is a request and, once there is one, its answer.
type Record struct {
	Key       string // keyed hash of person, route and Idempotency-Key
	BodyHash  string // keyed hash of the request's body
	Owner     string // the request that began it
	Response  string // sealed; "" while the first request is running
	StartedAt time.Time
	ExpiresAt time.Time
}

// Store keeps records.
type Store interface {
	// BeginRequest stores a running record unless a live one stands there, which is
	// returned. A running one from before `abandoned` with the same body no
	// longer counts.
	BeginRequest(ctx context.Context, r Record, timedOutBefore time.Time) (existing *Record, err error)
	// CompleteRequest stores the answer.
	CompleteRequest(ctx context.Context, r Record) error
	// ReleaseRequest forgets a running record, so that a repeat may try anew.
	ReleaseRequest(ctx context.Context, r Record) error
}
