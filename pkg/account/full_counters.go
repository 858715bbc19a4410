package account

import (
	"sync"

	"ticketsystem/pkg/limit"
)

// FullCounters remembers the counters of rateWindow that have reached their limit, so that further
// requests are refused before anything is read, written or hashed. It is local to a function
// instance, each of which admits one request to learn it. It is safe for concurrent use.
type FullCounters struct {
	mu       sync.Mutex
	counters map[limit.Counter]bool // of one window
}

// contains reports whether the counter has reached its limit.
func (f *FullCounters) contains(counter limit.Counter) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counters[counter]
}

// add adds a counter and removes those of earlier windows.
func (f *FullCounters) add(counter limit.Counter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for other := range f.counters {
		if other.Start.Equal(counter.Start) {
			break
		}
		delete(f.counters, other)
	}
	if f.counters == nil {
		f.counters = map[limit.Counter]bool{}
	}
	f.counters[counter] = true
}
