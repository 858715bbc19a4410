// Package parallel runs a function for many values with bounded concurrency.
package parallel

import (
	"errors"
	"sync"
)

// ForEach calls fn for every value, with at most limit calls at a time, and
// returns the joined errors of all calls. An error does not stop the others.
func ForEach[T any](values []T, limit int, fn func(T) error) error {
	var (
		wg        sync.WaitGroup
		mu        sync.Mutex
		errs      []error
		semaphore = make(chan struct{}, limit)
	)
	for _, value := range values {
		semaphore <- struct{}{}
		wg.Go(func() {
			defer func() { <-semaphore }()
			if err := fn(value); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
