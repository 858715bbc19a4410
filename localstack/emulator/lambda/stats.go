package lambda

import (
	"bytes"
	"slices"
	"sync"
	"time"
)

const (
	maxLogLines  = 500
	maxDurations = 1000
)

// Stats holds the statistics of one function since the start of the stack.
type Stats struct {
	Name        string  `json:"name"`
	Invocations int     `json:"invocations"`
	Errors      int     `json:"errors"`
	ColdStarts  int     `json:"coldStarts"`
	Instances   int     `json:"instances"`
	P50         float64 `json:"p50Ms"`
	P99         float64 `json:"p99Ms"`
	CPU         float64 `json:"cpuMs"` // processor time of all instances, their starts included; on Linux only
	LogBytes    int     `json:"logBytes"`
	BuildError  string  `json:"buildError,omitempty"` // output of the compiler, if the latest build failed
}

// functionStats keeps the statistics and latest log lines of a function. It is the
// Stdout and Stderr of the function's processes.
type functionStats struct {
	mu        sync.Mutex
	stats     Stats
	durations []float64 // ms; ring buffer of the latest maxDurations
	next      int
	lines     []string
	partial   []byte
}

func (s *functionStats) recordInvocation(took time.Duration, cold, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Invocations++
	if failed {
		s.stats.Errors++
	}
	if cold {
		s.stats.ColdStarts++
	}
	ms := milliseconds(took)
	if len(s.durations) < maxDurations {
		s.durations = append(s.durations, ms)
		return
	}
	s.durations[s.next] = ms
	s.next = (s.next + 1) % maxDurations
}

// addCPU adds the processor time of an instance that has exited.
func (s *functionStats) addCPU(used time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.CPU += milliseconds(used)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *functionStats) snapshot() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	if n := len(s.durations); n > 0 {
		sorted := slices.Sorted(slices.Values(s.durations))
		stats.P50, stats.P99 = sorted[n/2], sorted[min(n-1, n*99/100)]
	}
	return stats
}

func (s *functionStats) logLines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// Write stores complete lines. An incomplete line waits for its rest.
func (s *functionStats) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.LogBytes += len(p)
	s.partial = append(s.partial, p...)
	for {
		line, rest, whole := bytes.Cut(s.partial, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		s.lines = append(s.lines, string(line))
		if len(s.lines) > maxLogLines {
			s.lines = slices.Delete(s.lines, 0, len(s.lines)-maxLogLines)
		}
		s.partial = bytes.Clone(rest)
	}
}
