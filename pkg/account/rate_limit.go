package account

import (
	"context"
	"encoding/hex"
	"time"

	"ticketsystem/pkg/apperr"
)

// rateCounter makes the counter of the current window. Numbers and addresses are
// keyed hashes: the table does not say who tried to come in from where.
func (a *Auth) rateCounter(scope, subject string, window time.Duration) RateCounter {
	return RateCounter{Scope: scope + "#" + a.keyedHash("limit", scope, subject), Window: window, Start: a.Now().Truncate(window)}
}

func (a *Auth) keyedHash(label string, parts ...string) string {
	return hex.EncodeToString(a.Key.MAC(label, parts...)[:16])
}

// retryAfter is how long until the counter begins anew, at least a second.
func (a *Auth) retryAfter(counter RateCounter) time.Duration {
	return max(counter.Start.Add(counter.Window).Sub(a.Now()), time.Second)
}

// consume counts one more and errors with too_many_requests above the limit.
func (a *Auth) consume(ctx context.Context, counter RateCounter, limit int) error {
	n, err := a.Store.IncrementCounter(ctx, counter)
	if err != nil {
		return err
	}
	if n > limit {
		return apperr.New(apperr.TooManyRequests, "").WithRetryAfter(a.retryAfter(counter))
	}
	return nil
}
