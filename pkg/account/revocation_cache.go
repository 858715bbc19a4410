package account

import (
	"context"
	"sync"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// RevocationTTL is how long a revocation is remembered: as long as anything
// that was made from an older access token can live. That is a socket, which
// API Gateway ends after two hours.
const RevocationTTL = 2*time.Hour + 10*time.Minute

// revocationCacheTTL is how old a function's copy of the revocations may be.
const revocationCacheTTL = 5 * time.Second

// RevocationStore remembers whose access has been revoked.
type RevocationStore interface {
	// RevocationsSince reads what was revoked since a time, by user id and session
	// family.
	RevocationsSince(ctx context.Context, since time.Time) (map[string][]user.Revocation, error)
}

// RevocationCache is a function's copy of the revocations: one Query every five
// seconds at most, none while nobody asks. It is safe for concurrent use.
type RevocationCache struct {
	store RevocationStore
	now   func() time.Time

	mu        sync.Mutex
	bySubject map[string][]user.Revocation
	loadedAt  time.Time
}

// NewRevocationCache makes an empty copy, which the first Check fills.
func NewRevocationCache(store RevocationStore, now func() time.Time) *RevocationCache {
	return &RevocationCache{store: store, now: now}
}

// CheckFresh is Check by what is revoked now: a socket is open for longer than a
// copy may be old.
func (c *RevocationCache) CheckFresh(ctx context.Context, principal user.Principal) error {
	c.mu.Lock()
	c.bySubject = nil
	c.mu.Unlock()
	return c.Check(ctx, principal)
}

// Check refuses who came with an access token that a revocation voids.
// Errors: token_expired.
func (c *RevocationCache) Check(ctx context.Context, principal user.Principal) error {
	list, err := c.load(ctx)
	if err != nil {
		return err
	}
	for _, subject := range []string{principal.UserID, principal.Session} {
		for _, revoked := range list[subject] {
			if revoked.Revokes(principal) {
				return apperr.New(apperr.TokenExpired, "")
			}
		}
	}
	return nil
}

func (c *RevocationCache) load(ctx context.Context) (map[string][]user.Revocation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.bySubject != nil && now.Sub(c.loadedAt) < revocationCacheTTL {
		return c.bySubject, nil
	}
	list, err := c.store.RevocationsSince(ctx, now.Add(-RevocationTTL))
	if err != nil {
		return nil, err
	}
	c.bySubject, c.loadedAt = list, now
	return list, nil
}
