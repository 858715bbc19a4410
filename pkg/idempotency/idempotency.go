// Package idempotency remembers requests by the key a client gave them, so
// that a repeat gets the first answer instead of a second effect.
package idempotency

import (
	"context"
	"time"
)

const (
	// Life is how long an answer is remembered.
	Life = 24 * time.Hour
	// Patience is how long a first request may run before it is given up: no
	// function runs longer, so its answer will not come any more.
	Patience = 35 * time.Second
)

// Record is a request and, once there is one, its answer.
type Record struct {
	Key       string // keyed hash of person, route and Idempotency-Key
	Body      string // keyed hash of the request's body
	Owner     string // the request that began it
	Answer    string // sealed; "" while the first request is running
	Since     time.Time
	ExpiresAt time.Time
}

// Store keeps records.
type Store interface {
	// Begin stores a running record unless a live one stands there, which is
	// returned. A running one from before `abandoned` with the same body no
	// longer counts.
	Begin(ctx context.Context, r Record, abandoned time.Time) (earlier *Record, err error)
	// Finish stores the answer.
	Finish(ctx context.Context, r Record) error
	// Abandon forgets a running record, so that a repeat may try anew.
	Abandon(ctx context.Context, r Record) error
}
