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

var errResponseLost = errors.New("the response was lost")

// lossyClient is an HTTP client that processes requests and drops responses: the write
// is done, and the caller gets an error.
type lossyClient struct {
	next aws.HTTPClient
	// drop reports whether to drop the response to the n-th request, counted from 0.
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
	_, err = io.Copy(io.Discard, resp.Body) // the body has arrived, so the request was processed
	return nil, errors.Join(errResponseLost, err, resp.Body.Close())
}

// newLossyStore returns a store over a lossyClient. It retries as the functions do,
// without delay.
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

// noRateLimit allows every retry; the SDK's retry budget is not under test.
type noRateLimit struct{}

func (noRateLimit) GetToken(ctx context.Context, _ uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noRateLimit) AddTokens(uint) error { return nil }

// scenario is an operation to be run with lost responses. prepare writes its input and
// returns run, the operation, and check, which verifies the result.
type scenario struct {
	name    string
	prepare func(t *testing.T) (run func(store *dynamo.Store) error, check func())
}

// testEachLoss runs the scenario once for each of its requests, and drops that
// response. The retry must recognize its own write.
func (s scenario) testEachLoss(t *testing.T) {
	t.Helper()
	for n := 0; ; n++ {
		run, check := s.prepare(t)
		store, c := newLossyStore(func(i int, _ string) bool { return i == n })
		if err := run(store); err != nil {
			t.Errorf("response %d lost: got %v", n+1, err)
		}
		check()
		if c.calls <= n {
			return
		}
	}
}

// testEachOutage runs the scenario and drops all responses from the n-th on, so that it
// fails. The repeat must apply it exactly once.
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
			t.Errorf("no response from %d on: got %v, want %v", n+1, err, errResponseLost)
		}
		if err := run(openStore()); err != nil {
			t.Errorf("repeat after no response from %d on: got %v", n+1, err)
		}
		check()
	}
}
