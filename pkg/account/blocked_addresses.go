package account

import "sync"

// BlockedAddresses are those from which so many logins failed that they are refused
// for the rest of the window, as far as this function knows. Each copy of the
// function learns it from the next failure that it counts itself: the limit is
// there to stop who tries one password on thousands of numbers, for whom a try
// more for each copy is nothing, and spares every honest login a read.
//
// It is safe for concurrent use; a nil one refuses nobody.
type BlockedAddresses struct {
	mu       sync.Mutex
	counters map[RateCounter]bool // all of one window
}

// blocked says whether the counter has been seen at its limit.
func (b *BlockedAddresses) blocked(counter RateCounter) bool {
	if b == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counters[counter]
}

// block remembers a counter that has reached its limit, and forgets those of
// the windows before.
func (b *BlockedAddresses) block(counter RateCounter) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for other := range b.counters {
		if !other.Start.Equal(counter.Start) {
			delete(b.counters, other)
		}
	}
	if b.counters == nil {
		b.counters = map[RateCounter]bool{}
	}
	b.counters[counter] = true
}
