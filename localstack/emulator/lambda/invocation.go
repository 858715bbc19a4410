package lambda

import (
	"context"
	"time"
)

// Invocation is one run of a function.
type Invocation struct {
	id       string
	arn      string
	payload  []byte
	started  time.Time
	deadline time.Time

	done   chan struct{}
	result []byte
	err    error
}

// Wait waits for the result. See Manager.Invoke for its errors.
func (inv *Invocation) Wait(ctx context.Context) ([]byte, error) {
	select {
	case <-inv.done:
		return inv.result, inv.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (inv *Invocation) complete(result []byte, err error) {
	inv.result, inv.err = result, err
	close(inv.done)
}
