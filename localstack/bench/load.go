package main

import (
	"context"
	"sync"
	"time"
)

// load is what came of asking at one concurrency for some time.
type load struct {
	clients  int
	answers  []time.Duration
	took     time.Duration
	used     usage // ticks
	failures []error
}

func (l load) perSecond() float64 { return float64(len(l.answers)) / l.took.Seconds() }

// each is the processor time of one answer.
func (l load) each(ticks uint64) time.Duration {
	return time.Duration(ticks) * tick / time.Duration(max(len(l.answers), 1))
}

// ask asks with so many clients at once, each for its next answer as soon as it
// has the last one.
func ask(ctx context.Context, stack, clients int, d time.Duration, call func(ctx context.Context, client int) error) (load, error) {
	l := load{clients: clients}
	before, err := processors(stack)
	if err != nil {
		return l, err
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	begin := time.Now()
	for c := range clients {
		all.Go(func() {
			var own []time.Duration
			var failures []error
			for ctx.Err() == nil && time.Since(begin) < d {
				start := time.Now()
				if err := call(ctx, c); err != nil {
					failures = append(failures, err)
					continue
				}
				own = append(own, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			l.answers, l.failures = append(l.answers, own...), append(l.failures, failures...)
		})
	}
	all.Wait()
	l.took = time.Since(begin)
	after, err := processors(stack)
	l.used = after.minus(before)
	if err == nil {
		err = ctx.Err()
	}
	return l, err
}
