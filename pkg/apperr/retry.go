package apperr

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Several may change one thing at once; each waits for a random time that
// grows, until it is its turn.
const (
	maxAttempts = 30
	minBackoff  = 5 * time.Millisecond
	maxBackoff  = 150 * time.Millisecond
)

// OnConflict repeats what errors with Conflict, a few times and with pauses between.
func OnConflict(ctx context.Context, fn func() error) error {
	for attempt := 0; ; attempt++ {
		err := fn()
		if !Is(err, Conflict) || attempt == maxAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Millisecond + rand.N(min(minBackoff<<min(attempt, 10), maxBackoff))): //nolint:gosec // spreads writers, keeps no secret
		}
	}
}
