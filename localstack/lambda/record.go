package lambda

import (
	"bytes"
	"slices"
	"sync"
	"time"
)

const (
	keptLines     = 500
	keptDurations = 1000
)

// Stats are what one function did since the stack started.
type Stats struct {
	Name        string  `json:"name"`
	Invocations int     `json:"invocations"`
	Errors      int     `json:"errors"`
	ColdStarts  int     `json:"coldStarts"`
	Instances   int     `json:"instances"`
	P50         float64 `json:"p50Ms"`
	P99         float64 `json:"p99Ms"`
}

// record keeps a function's counters and the last lines that it wrote. It is
// the Stdout and Stderr of the function's processes.
type record struct {
	mu        sync.Mutex
	stats     Stats
	durations []float64 // ms, the newest keptDurations as a ring
	next      int
	lines     []string
	partial   []byte
}

func (r *record) invoked(took time.Duration, cold, failed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Invocations++
	if failed {
		r.stats.Errors++
	}
	if cold {
		r.stats.ColdStarts++
	}
	ms := float64(took.Microseconds()) / 1000
	if len(r.durations) < keptDurations {
		r.durations = append(r.durations, ms)
		return
	}
	r.durations[r.next] = ms
	r.next = (r.next + 1) % keptDurations
}

func (r *record) read() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	stats := r.stats
	if n := len(r.durations); n > 0 {
		sorted := slices.Sorted(slices.Values(r.durations))
		stats.P50, stats.P99 = sorted[n/2], sorted[min(n-1, n*99/100)]
	}
	return stats
}

func (r *record) log() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// Write keeps whole lines; a piece without its end waits for the rest.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.partial = append(r.partial, p...)
	for {
		line, rest, whole := bytes.Cut(r.partial, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		r.lines = append(r.lines, string(line))
		if len(r.lines) > keptLines {
			r.lines = slices.Delete(r.lines, 0, len(r.lines)-keptLines)
		}
		r.partial = bytes.Clone(rest)
	}
}
