package conformance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"ticketsystem/pkg/table"
)

var errLost = errors.New("the answer was lost on the way")

// lossy is an HTTP client that lets requests do their work and then loses
// answers: the engine has written, the caller does not know.
type lossy struct {
	next aws.HTTPClient
	// lose says which answers: the n-th request from 0 on, and what it asks for.
	lose func(n int, operation string) bool

	mu    sync.Mutex
	calls int
}

func (l *lossy) Do(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	n := l.calls
	l.calls++
	l.mu.Unlock()
	answer, err := l.next.Do(r)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if err != nil || !l.lose(n, operation) {
		return answer, err
	}
	_, err = io.Copy(io.Discard, answer.Body) // it was answered, so it was done
	return nil, errors.Join(errLost, err, answer.Body.Close())
}

// behindLosses is the table as seen through a lossy client that retries as the
// functions do, only without their pauses.
func behindLosses(lose func(n int, operation string) bool) (*table.Table, *lossy) {
	config := house.config.Copy()
	l := &lossy{next: config.HTTPClient, lose: lose}
	config.HTTPClient = l
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 4
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = noLimit{}
		})
	}
	return openWith(config), l
}

// noLimit lets every retry through: the budget is not what is tested here.
type noLimit struct{}

func (noLimit) GetToken(ctx context.Context, _ uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }

// flow is something that a person or the stream does. prepare sets it up on a
// sound table; run does it on another one; check looks at what is left.
type flow struct {
	name    string
	prepare func(t *testing.T) (run func(store *table.Table) error, check func())
}

// everyLoss runs a flow again and again, and each time loses the answer to
// another one of its requests. The retry must find its own work done.
func (f flow) everyLoss(t *testing.T) {
	t.Helper()
	for n := 0; ; n++ {
		run, check := f.prepare(t)
		store, l := behindLosses(func(i int, _ string) bool { return i == n })
		if err := run(store); err != nil {
			t.Errorf("answer %d lost: got %v", n+1, err)
		}
		check()
		if l.calls <= n {
			return
		}
	}
}

// everyOutage runs a flow and loses all answers from one on, so that an error
// comes back; then the same is tried once more, and is there once.
func (f flow) everyOutage(t *testing.T) {
	t.Helper()
	for n := 0; ; n++ {
		run, check := f.prepare(t)
		store, l := behindLosses(func(i int, _ string) bool { return i >= n })
		err := run(store)
		if l.calls <= n {
			return
		}
		if !errors.Is(err, errLost) {
			t.Errorf("no answer from %d on: got %v, want %v", n+1, err, errLost)
		}
		if err := run(open()); err != nil {
			t.Errorf("again after no answer from %d on: got %v", n+1, err)
		}
		check()
	}
}
