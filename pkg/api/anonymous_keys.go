package api

import (
	"sync"
	"time"

	"ticketsystem/pkg/account"
)

// anonymousKeys counts the requests with an Idempotency-Key of callers who have not signed in:
// each writes twice, whatever the endpoint answers. It is local to a function instance.
type anonymousKeys struct {
	mu     sync.Mutex
	window time.Time
	counts map[string]int // by network
}

const (
	keyWindow   = 10 * time.Minute
	maxNetworks = 10_000 // bounds the memory
)

// take counts a request and reports whether its network has sent at most limit in the window.
func (k *anonymousKeys) take(ip string, now time.Time, limit int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if window := now.Truncate(keyWindow); !window.Equal(k.window) || len(k.counts) >= maxNetworks {
		k.window, k.counts = window, map[string]int{}
	}
	network := account.NetworkOf(ip)
	k.counts[network]++
	return k.counts[network] <= limit
}
