package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/retry"
)

var errOther = errors.New("other")

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := retry.Policy{MinBackoff: 10 * time.Millisecond, MaxBackoff: 50 * time.Millisecond}
		for attempt, limit := range []int64{11, 21, 41, 51, 51} {
			for range 50 {
				start := time.Now()
				if err := retry.BackOff(t.Context(), p, attempt); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took < time.Millisecond || took.Milliseconds() > limit {
					t.Errorf("attempt %d: waited %v, want 1 to %d ms", attempt, took, limit)
				}
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := retry.BackOff(ctx, retry.Policy{MinBackoff: time.Hour, MaxBackoff: time.Hour}, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled context: got %v", err)
		}
		if err := retry.BackOff(t.Context(), retry.Policy{}, 0); err != nil {
			t.Errorf("zero policy: got %v", err)
		}
	})
}

func TestOnConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conflict := apperr.New(apperr.Conflict, "")
		p := retry.Policy{MaxAttempts: 4, MinBackoff: time.Millisecond, MaxBackoff: time.Second}
		for _, c := range []struct {
			name  string
			errs  []error // of the calls in turn; the last repeats
			want  error
			calls int
		}{
			{"success", []error{nil}, nil, 1},
			{"conflict, then success", []error{conflict, conflict, nil}, nil, 3},
			{"another error", []error{conflict, errOther}, errOther, 2},
			{"attempts used up", []error{conflict}, conflict, 4},
		} {
			calls := 0
			err := retry.OnConflict(t.Context(), p, func() error {
				calls++
				return c.errs[min(calls, len(c.errs))-1]
			})
			if !errors.Is(err, c.want) || calls != c.calls {
				t.Errorf("%s: got %v after %d calls, want %v after %d", c.name, err, calls, c.want, c.calls)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := retry.OnConflict(ctx, p, func() error { return conflict }); !apperr.Is(err, apperr.Conflict) || !errors.Is(err, context.Canceled) {
			t.Errorf("canceled context: got %v, want the conflict and the cancellation", err)
		}
	})
}

func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := retry.Policy{MaxAttempts: 3, MinBackoff: time.Millisecond, MaxBackoff: time.Second}
		var attempts []int
		err := retry.Do(t.Context(), p, func(attempt int) (bool, error) {
			attempts = append(attempts, attempt)
			return attempt == 1, nil
		})
		if err != nil || len(attempts) != 2 {
			t.Errorf("done at the second attempt: got %v, attempts %v", err, attempts)
		}
		if err := retry.Do(t.Context(), p, func(int) (bool, error) { return false, errOther }); !errors.Is(err, errOther) {
			t.Errorf("error: got %v", err)
		}
		if err := retry.Do(t.Context(), p, func(int) (bool, error) { return false, nil }); !apperr.Is(err, apperr.Conflict) {
			t.Errorf("never done: got %v, want conflict", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := retry.Do(ctx, p, func(int) (bool, error) { return false, nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled context: got %v", err)
		}
	})
}
