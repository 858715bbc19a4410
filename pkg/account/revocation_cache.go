package account

import (
	"context"
	"sync"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// RevocationTTL is how long a revocation is kept. It exceeds the 2-hour lifetime of a
// WebSocket, the longest-lived thing an access token can open.
const RevocationTTL = 2*time.Hour + 10*time.Minute

// revocationCacheTTL bounds the delay until a function instance sees a revocation.
const revocationCacheTTL = 5 * time.Second

// RevocationStore reads revocations.
type RevocationStore interface {
	// RevocationsSince returns the revocations since a time, by user id and session
	// family.
	RevocationsSince(ctx context.Context, since time.Time) (map[string][]user.Revocation, error)
}

// RevocationCache caches all revocations in a function instance. It costs at most one
// Query every five seconds. It is safe for concurrent use.
type RevocationCache struct {
	store RevocationStore
	now   func() time.Time

	mu        sync.Mutex
	bySubject map[string][]user.Revocation
	loadedAt  time.Time
}

// NewRevocationCache returns an empty cache; the first Check loads it.
func NewRevocationCache(store RevocationStore, now func() time.Time) *RevocationCache {
	return &RevocationCache{store: store, now: now}
}

// CheckFresh is Check with freshly read revocations.
func (c *RevocationCache) CheckFresh(ctx context.Context, principal user.Principal) error {
	c.mu.Lock()
	c.bySubject = nil
	c.mu.Unlock()
	return c.Check(ctx, principal)
}

// Check fails with token_expired if the principal's access token was revoked. Tokens of
// an ended session are revoked whenever they were issued, because a concurrent refresh
// may issue one after the end.
func (c *RevocationCache) Check(ctx context.Context, principal user.Principal) error {
	bySubject, err := c.load(ctx)
	if err != nil {
		return err
	}
	if len(bySubject[principal.Session]) > 0 { // an ended session never comes back
		return apperr.New(apperr.TokenExpired, "")
	}
	for _, revocation := range bySubject[principal.UserID] {
		if revocation.Revokes(principal) {
			return apperr.New(apperr.TokenExpired, "")
		}
	}
	return nil
}

// load returns the cached revocations, or reads them if the cache is too old.
func (c *RevocationCache) load(ctx context.Context) (map[string][]user.Revocation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.bySubject != nil && now.Sub(c.loadedAt) < revocationCacheTTL {
		return c.bySubject, nil
	}
	bySubject, err := c.store.RevocationsSince(ctx, now.Add(-RevocationTTL))
	if err != nil {
		return nil, err
	}
	c.bySubject, c.loadedAt = bySubject, now
	return bySubject, nil
}
