package httpapi

import (
	"sync"

	"golang.org/x/time/rate"
)

// Throttle is the limit of a route: requests a second, and requests at once. The zero value
// is no limit.
type Throttle struct {
	Rate  float64
	Burst int
}

// buckets are the token buckets of the routes, by their keys.
type buckets struct {
	mu    sync.Mutex
	byKey map[string]*rate.Limiter
}

// allow takes a token for a request of the route. A changed limit starts a new bucket.
func (b *buckets) allow(r *Route) bool {
	if r.Throttle == (Throttle{}) {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byKey == nil {
		b.byKey = map[string]*rate.Limiter{}
	}
	bucket := b.byKey[r.key()]
	if limit := rate.Limit(r.Throttle.Rate); bucket == nil || bucket.Limit() != limit || bucket.Burst() != r.Throttle.Burst {
		bucket = rate.NewLimiter(limit, r.Throttle.Burst)
		b.byKey[r.key()] = bucket
	}
	return bucket.Allow()
}
