package ws

import (
	"context"
	"sync"
	"time"

	"ticketsystem/pkg/limit"
)

// typingInterval is the least time between two typing frames of a connection on a ticket.
const typingInterval = 2 * time.Second

// Typists bounds typing frames. An instance remembers what it has let pass, so that most
// frames of a flood cost no write; a counter bounds all instances together. A nil Typists
// lets everything pass.
type Typists struct {
	Store limit.Store
	Now   func() time.Time

	mu   sync.Mutex
	last map[string]time.Time // by connection and ticket
}

// pass reports whether a frame of a connection on a ticket may be sent.
func (t *Typists) pass(ctx context.Context, connectionID, ticketID string) (bool, error) {
	if t == nil {
		return true, nil
	}
	key := connectionID + "#" + ticketID
	now := t.Now()
	if !t.remember(key, now) {
		return false, nil
	}
	return t.Store.AddWithin(ctx, limit.Counter{Scope: "typing#" + key, Window: typingInterval, Start: now.Truncate(typingInterval)}, 1, 1)
}

// remember reports whether the instance has let nothing pass for the key in typingInterval.
func (t *Typists) remember(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	recent := map[string]time.Time{}
	for other, at := range t.last {
		if now.Sub(at) < typingInterval {
			recent[other] = at
		}
	}
	t.last = recent
	if _, known := recent[key]; known {
		return false
	}
	recent[key] = now
	return true
}
