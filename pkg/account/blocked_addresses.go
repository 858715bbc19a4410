package account

import (
	"sync"

	"ticketsystem/pkg/limit"
)

// BlockedAddresses caches the IP counters that have reached the limit of failed
// logins. The cache is local to a function instance: it saves a read per login, and
// allows an attacker one more attempt per instance. It is safe for concurrent use.
type BlockedAddresses struct {
	mu       sync.Mutex
	counters map[limit.Counter]bool // of one window
}

// blocked reports whether the counter has reached its limit.
func (b *BlockedAddresses) blocked(counter limit.Counter) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counters[counter]
}

// block adds a counter and removes those of earlier windows.
func (b *BlockedAddresses) block(counter limit.Counter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for other := range b.counters {
		if !other.Start.Equal(counter.Start) {
			delete(b.counters, other)
		}
	}
	if b.counters == nil {
		b.counters = map[limit.Counter]bool{}
	}
	b.counters[counter] = true
}
