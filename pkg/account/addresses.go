package account

import "sync"

// Addresses are those from which so many logins failed that they are refused
// for the rest of the window, as far as this function knows. Each copy of the
// function learns it from the next failure that it counts itself: the limit is
// there to stop who tries one password on thousands of numbers, for whom a try
// more for each copy is nothing, and spares every honest login a read.
//
// It is safe for concurrent use; a nil one refuses nobody.
type Addresses struct {
	mu   sync.Mutex
	full map[Counter]bool // all of one window
}

// refused says whether the counter has been seen at its limit.
func (a *Addresses) refused(c Counter) bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.full[c]
}

// refuse remembers a counter that has reached its limit, and forgets those of
// the windows before.
func (a *Addresses) refuse(c Counter) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for other := range a.full {
		if !other.Start.Equal(c.Start) {
			delete(a.full, other)
		}
	}
	if a.full == nil {
		a.full = map[Counter]bool{}
	}
	a.full[c] = true
}
