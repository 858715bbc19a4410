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

	"ticketsystem/pkg/dynamo"
)

var errResponseLost = errors.New("the answer was lost on the way")

// lossyClient is an HTTP client that lets requests do their work and then loses
// answers: the engine has written, the caller does not know.
type lossyClient struct {
	next aws.HTTPClient
	// drop says which answers: the n-th request from 0 on, and what it asks for.
	drop func(n int, operation string) bool

	mu    sync.Mutex
	calls int
}

func (c *lossyClient) Do(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	n := c.calls
	c.calls++
	c.mu.Unlock()
	resp, err := c.next.Do(r)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if err != nil || !c.drop(n, operation) {
		return resp, err
	}
	_, err = io.Copy(io.Discard, resp.Body) // it was answered, so it was done
	return nil, errors.Join(errResponseLost, err, resp.Body.Close())
}

// newLossyStore is the table as seen through a lossy client that retries as the
// functions do, only without their pauses.
func newLossyStore(lose func(n int, operation string) bool) (*dynamo.Store, *lossyClient) {
	config := env.config.Copy()
	c := &lossyClient{next: config.HTTPClient, drop: lose}
	config.HTTPClient = c
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = 4
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = noRateLimit{}
		})
	}
	return openStoreWith(config), c
}

// noRateLimit lets every retry through: the budget is not what is tested here.
type noRateLimit struct{}

func (noRateLimit) GetToken(ctx context.Context, _ uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noRateLimit) AddTokens(uint) error { return nil }

// scenario is something that a person or the stream does. prepare sets it up on a
// sound table; run does it on another one; check looks at what is left.
type scenario struct {
	name    string
	prepare func(t *testing.T) (run func(store *dynamo.Store) error, check func())
}

// testEachLoss runs a flow again and again, and each time loses the answer to
// another one of its requests. The retry must find its own work done.
func (s scenario) testEachLoss(t *testing.T) {
	t.Helper()
	for n := 0; ; n++ {
		run, check := s.prepare(t)
		store, c := newLossyStore(func(i int, _ string) bool { return i == n })
		if err := run(store); err != nil {
			t.Errorf("answer %d lost: got %v", n+1, err)
		}
		check()
		if c.calls <= n {
			return
		}
	}
}

// testEachOutage runs a flow and loses all answers from one on, so that an error
// comes back; then the same is tried once more, and is there once.
func (s scenario) testEachOutage(t *testing.T) {
	t.Helper()
	for n := 0; ; n++ {
		run, check := s.prepare(t)
		store, c := newLossyStore(func(i int, _ string) bool { return i >= n })
		err := run(store)
		if c.calls <= n {
			return
		}
		if !errors.Is(err, errResponseLost) {
			t.Errorf("no answer from %d on: got %v, want %v", n+1, err, errResponseLost)
		}
		if err := run(openStore()); err != nil {
			t.Errorf("again after no answer from %d on: got %v", n+1, err)
		}
		check()
	}
}
