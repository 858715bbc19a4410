package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// load is the result of sending requests at one concurrency.
type load struct {
	clients   int
	latencies []time.Duration
	took      time.Duration
	cpu       usage // ticks
	failures  []error
}

func (l load) perSecond() float64 { return float64(len(l.latencies)) / l.took.Seconds() }

// cpuPerRequest returns the CPU time of one request.
func (l load) cpuPerRequest(ticks uint64) time.Duration {
	return time.Duration(ticks) * tick / time.Duration(max(len(l.latencies), 1))
}

// cause says, in figures, what the time of a request is spent on.
func (l load) cause() string {
	all := l.cpu.functions + l.cpu.gateway + l.cpu.engine
	busy := float64(time.Duration(all)*tick) / float64(l.took)
	return fmt.Sprintf("At %d clients a request takes %s of processor time in functions, %s in the gateway and %s in the engine; these use %.1f of %d processors, and the clients run on the same ones.",
		l.clients, ms(l.cpuPerRequest(l.cpu.functions)), ms(l.cpuPerRequest(l.cpu.gateway)), ms(l.cpuPerRequest(l.cpu.engine)), busy, runtime.NumCPU())
}

// runLoad calls a function from a number of concurrent clients for the duration d.
// Each client calls again as soon as it has a response.
func runLoad(ctx context.Context, stack, clients int, d time.Duration, call func(ctx context.Context, client int) error) (load, error) {
	l := load{clients: clients}
	before, err := cpuTime(stack)
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
			l.latencies, l.failures = append(l.latencies, own...), append(l.failures, failures...)
		})
	}
	all.Wait()
	l.took = time.Since(begin)
	after, err := cpuTime(stack)
	l.cpu = after.minus(before)
	if err == nil {
		err = ctx.Err()
	}
	return l, err
}
