package account

import (
	"context"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

const (
	// RevocationTTL is how long the revocation of a user is kept. It exceeds the 2-hour
	// lifetime of a WebSocket, the longest-lived thing an access token can open.
	RevocationTTL = 2*time.Hour + 10*time.Minute
	// SessionRevocationTTL is how long that of a session is kept. It exceeds the lifetime
	// of an access token; the stream closes the sockets of an ended session.
	SessionRevocationTTL = 20 * time.Minute

	// revocationCacheTTL bounds the delay until a function instance sees a revocation.
	revocationCacheTTL = 5 * time.Second
	// revocationOverlap is how long before the last read the next one begins. It exceeds
	// the time from the declaration of a revocation until it can be read.
	revocationOverlap = time.Minute
)

// Restrictions are the revocations by user id and session family, the blocks by user id,
// and the public keys of access tokens, nil if none were published.
type Restrictions struct {
	Revocations map[string][]user.Revocation
	Blocks      map[string][]limit.Block
	Keys        auth.PublicKeys
}

// NewRestrictions returns empty Restrictions.
func NewRestrictions() Restrictions {
	return Restrictions{Revocations: map[string][]user.Revocation{}, Blocks: map[string][]limit.Block{}}
}

// RevocationStore reads revocations.
type RevocationStore interface {
	// RevocationsSince returns the revocations and blocks that were declared since a
	// time and have not ended, and the published keys.
	RevocationsSince(ctx context.Context, since time.Time) (Restrictions, error)
}

// RevocationCache caches all revocations in a function instance. It costs at most one
// Query every five seconds, which reads the whole list once and then only what was
// added. It is safe for concurrent use.
type RevocationCache struct {
	store RevocationStore
	now   func() time.Time

	mu       sync.Mutex
	list     Restrictions
	loadedAt time.Time
	stale    bool // set by CheckFresh
}

// NewRevocationCache returns an empty cache; the first Check loads it.
func NewRevocationCache(store RevocationStore, now func() time.Time) *RevocationCache {
	return &RevocationCache{store: store, now: now, list: NewRestrictions()}
}

// PublicKeys returns the published keys of access tokens, which are at most five seconds old.
func (c *RevocationCache) PublicKeys(ctx context.Context) (auth.PublicKeys, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refresh(ctx); err != nil {
		return nil, err
	}
	return c.list.Keys, nil
}

// CheckFresh is Check with freshly read revocations.
func (c *RevocationCache) CheckFresh(ctx context.Context, principal user.Principal) error {
	c.mu.Lock()
	c.stale = true
	c.mu.Unlock()
	return c.Check(ctx, principal)
}

// Check fails with token_expired if the principal's access token was revoked. Tokens of
// an ended session are revoked whenever they were issued, because a concurrent refresh
// may issue one after the end.
func (c *RevocationCache) Check(ctx context.Context, principal user.Principal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refresh(ctx); err != nil {
		return err
	}
	if len(c.list.Revocations[principal.Session]) > 0 { // an ended session never comes back
		return apperr.New(apperr.TokenExpired, "")
	}
	for _, revocation := range c.list.Revocations[principal.UserID] {
		if revocation.Revokes(principal) {
			return apperr.New(apperr.TokenExpired, "")
		}
	}
	return nil
}

// CheckWrite fails with rate_limited while a block refuses the user's writes to tickets.
func (c *RevocationCache) CheckWrite(ctx context.Context, userID string) error {
	return c.checkBlocks(ctx, userID, false)
}

// CheckRead fails with rate_limited while a block refuses that the user moves read markers.
func (c *RevocationCache) CheckRead(ctx context.Context, userID string) error {
	return c.checkBlocks(ctx, userID, true)
}

func (c *RevocationCache) checkBlocks(ctx context.Context, userID string, ofReads bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.refresh(ctx); err != nil {
		return err
	}
	var last limit.Block
	for _, b := range c.list.Blocks[userID] {
		if b.OfReads() == ofReads && b.Until.After(last.Until) {
			last = b
		}
	}
	if wait := last.Until.Sub(c.now()); wait > 0 {
		return last.Rule.Exceeded(wait)
	}
	return nil
}

// refresh adds what was declared since the last read, if that is too long ago, and
// removes what has ended. The caller holds the lock.
func (c *RevocationCache) refresh(ctx context.Context) error {
	now := c.now()
	if !c.stale && !c.loadedAt.IsZero() && now.Sub(c.loadedAt) < revocationCacheTTL {
		return nil
	}
	since := now.Add(-RevocationTTL)
	if resumed := c.loadedAt.Add(-revocationOverlap); resumed.After(since) {
		since = resumed
	}
	added, err := c.store.RevocationsSince(ctx, since)
	if err != nil {
		return err
	}
	merge(c.list.Revocations, added.Revocations, func(r user.Revocation) bool { return now.Before(r.Until) })
	merge(c.list.Blocks, added.Blocks, func(b limit.Block) bool { return now.Before(b.Until) })
	if added.Keys != nil {
		c.list.Keys = added.Keys
	}
	c.loadedAt, c.stale = now, false
	return nil
}

// merge adds the missing elements to a list and removes those that have ended.
func merge[T comparable](list, added map[string][]T, lives func(T) bool) {
	for subject, all := range added {
		for _, one := range all {
			if !slices.Contains(list[subject], one) {
				list[subject] = append(list[subject], one)
			}
		}
	}
	for subject, all := range list {
		if list[subject] = slices.DeleteFunc(all, func(one T) bool { return !lives(one) }); len(list[subject]) == 0 {
			delete(list, subject)
		}
	}
}
