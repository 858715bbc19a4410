// Package retry implements the backoff and the retry loops of writers that
// use optimistic concurrency.
package retry

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"ticketsystem/pkg/apperr"
)

// Policy bounds the attempts of an operation and the delays between them.
type Policy struct {
	MaxAttempts int
	MinBackoff  time.Duration // upper bound of the first delay
	MaxBackoff  time.Duration // upper bound of every delay
}

// Default is the policy for writers that compete for one item.
var Default = Policy{MaxAttempts: 31, MinBackoff: 5 * time.Millisecond, MaxBackoff: 150 * time.Millisecond} //nolint:gochecknoglobals // a constant of a struct type

// maxShift keeps the doubled delay from overflowing.
const maxShift = 10

// BackOff waits a random time that doubles with every attempt, counted from 0.
// It returns the context's error if the context ends first. The delay is
// random so that competing writers do not retry at the same time.
func BackOff(ctx context.Context, p Policy, attempt int) error {
	limit := max(min(p.MinBackoff<<min(attempt, maxShift), p.MaxBackoff), 1)
	timer := time.NewTimer(time.Millisecond + rand.N(limit)) //nolint:gosec // jitter, not a secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Do calls fn until it reports done or returns an error, backing off between
// the calls. It returns apperr.Conflict when the attempts are used up.
func Do(ctx context.Context, p Policy, fn func(attempt int) (done bool, err error)) error {
	for attempt := range p.MaxAttempts {
		done, err := fn(attempt)
		if done || err != nil {
			return err
		}
		if err := BackOff(ctx, p, attempt); err != nil {
			return errors.Join(apperr.New(apperr.Conflict, ""), err)
		}
	}
	return apperr.New(apperr.Conflict, "")
}

// OnConflict calls fn until it returns anything but apperr.Conflict, backing
// off between the calls. It returns the last error of fn.
func OnConflict(ctx context.Context, p Policy, fn func() error) error {
	for attempt := 0; ; attempt++ {
		err := fn()
		if !apperr.Is(err, apperr.Conflict) || attempt+1 >= p.MaxAttempts {
			return err
		}
		if waitErr := BackOff(ctx, p, attempt); waitErr != nil {
			return errors.Join(err, waitErr)
		}
	}
}
