package api

import (
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/limit"
)

// anonymousKeys counts the requests with an Idempotency-Key of callers who have not signed in, by
// network: each writes twice, whatever the endpoint answers. It is local to a function instance.
type anonymousKeys struct{ counts limit.WindowCounts[string] }

const (
	keyWindow   = 10 * time.Minute
	maxNetworks = 10_000 // bounds the memory
)

// take counts a request and reports whether its network has sent at most limit in the window.
func (k *anonymousKeys) take(ip string, now time.Time, limit int) bool {
	return k.counts.Add(now.Truncate(keyWindow), account.NetworkOf(ip), maxNetworks) <= limit
}
