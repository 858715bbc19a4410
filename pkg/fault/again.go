package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Several may change one thing at once; each waits for a random time that
// grows, until it is its turn.
const (
	tries     = 30
	firstWait = 5 * time.Millisecond
	longWait  = 150 * time.Millisecond
)

// Again repeats what errors with Conflict, a few times and with pauses between.
func Again(ctx context.Context, do func() error) error {
	for try := 0; ; try++ {
		err := do()
		if !Is(err, Conflict) || try == tries {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Millisecond + rand.N(min(firstWait<<min(try, 10), longWait))): //nolint:gosec // spreads writers, keeps no secret
		}
	}
}
