package parallel_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"ticketsystem/pkg/parallel"
)

func TestForEach(t *testing.T) {
	const limit = 4
	var running, peak, calls atomic.Int32
	errOdd := errors.New("odd")
	numbers := make([]int, 100)
	for i := range numbers {
		numbers[i] = i
	}
	err := parallel.ForEach(numbers, limit, func(n int) error {
		now := running.Add(1)
		defer running.Add(-1)
		for old := peak.Load(); now > old && !peak.CompareAndSwap(old, now); old = peak.Load() {
		}
		calls.Add(1)
		if n%2 == 1 {
			return errOdd
		}
		return nil
	})
	if !errors.Is(err, errOdd) || calls.Load() != 100 || peak.Load() > limit {
		t.Errorf("got %v, %d calls, %d at once, want errOdd, 100 calls, at most %d at once", err != nil, calls.Load(), peak.Load(), limit)
	}
	if err := parallel.ForEach([]int{}, limit, func(int) error { return errOdd }); err != nil {
		t.Errorf("no values: got %v", err)
	}
}
