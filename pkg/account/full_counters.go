package account

import "ticketsystem/pkg/limit"

// FullCounters remembers the counters of rateWindow that have reached their limit, so that further
// requests are refused before anything is read, written or hashed. It is local to a function
// instance, each of which admits one request to learn it. It is safe for concurrent use.
type FullCounters struct {
	counters limit.WindowCounts[limit.Counter]
}

// contains reports whether the counter has reached its limit.
func (f *FullCounters) contains(counter limit.Counter) bool {
	return f.counters.Has(counter.Start, counter)
}

// add adds a counter and removes those of earlier windows.
func (f *FullCounters) add(counter limit.Counter) { f.counters.Add(counter.Start, counter, 1, 0) }
