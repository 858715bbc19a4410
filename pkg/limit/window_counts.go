package limit

import (
	"sync"
	"time"
)

// WindowCounts counts keys in one time window, in the memory of a function instance. Counting in
// another window drops the counts of the window before. The zero value is ready to use. It is
// safe for concurrent use.
type WindowCounts[K comparable] struct {
	mu     sync.Mutex
	start  time.Time
	counts map[K]int
}

// Add adds n to a key in the window that begins at start, and returns its count. If maxKeys is not
// 0 and as many keys have been counted, their counts are dropped first, which bounds the memory.
func (w *WindowCounts[K]) Add(start time.Time, key K, n, maxKeys int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.counts == nil || !w.start.Equal(start) || maxKeys > 0 && len(w.counts) >= maxKeys {
		w.start, w.counts = start, map[K]int{}
	}
	w.counts[key] += n
	return w.counts[key]
}

// Has reports whether a key was counted in the window that begins at start.
func (w *WindowCounts[K]) Has(start time.Time, key K) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.start.Equal(start) && w.counts[key] > 0
}
