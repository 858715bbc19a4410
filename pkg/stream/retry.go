package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/retry"
)

// refusedPolicy spaces the calls of a handler whose requests DynamoDB refuses. A full key, or too
// little provisioned capacity, lasts for seconds to minutes.
var refusedPolicy = retry.Policy{MinBackoff: 500 * time.Millisecond, MaxBackoff: 5 * time.Second} //nolint:gochecknoglobals // a struct cannot be a constant

// lastCall is the time of an invocation that is left for the last call of a handler, which may
// wait for several requests of 8 s.
const lastCall = 25 * time.Second

// repeatRefused calls fn again while it returns apperr.Unavailable and the invocation has enough
// time left. Lambda repeats a batch a few times only, and at once: without the wait, a record is
// given up before the capacity has followed the traffic.
func repeatRefused(ctx context.Context, fn func() error) error {
	for attempt := 0; ; attempt++ {
		err := fn()
		end, limited := ctx.Deadline()
		if !apperr.Is(err, apperr.Unavailable) || !limited || time.Until(end) < lastCall {
			return err
		}
		if retry.BackOff(ctx, refusedPolicy, attempt) != nil {
			return err
		}
	}
}
