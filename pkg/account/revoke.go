package account

import (
	"context"
	"sync"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// RevocationLife is how long a revocation is remembered: as long as anything
// that was made from an older access token can live. That is a socket, which
// API Gateway ends after two hours.
const RevocationLife = 2*time.Hour + 10*time.Minute

// revokedAge is how old a function's copy of the revocations may be.
const revokedAge = 5 * time.Second

// RevocationStore remembers whose access has been revoked.
type RevocationStore interface {
	// Revoked reads what was revoked since a time, by user id and session
	// family.
	Revoked(ctx context.Context, since time.Time) (map[string][]user.Revocation, error)
}

// Revocations is a function's copy of the revocations: one Query every five
// seconds at most, none while nobody asks. It is safe for concurrent use.
type Revocations struct {
	store RevocationStore
	now   func() time.Time

	mu     sync.Mutex
	list   map[string][]user.Revocation
	readAt time.Time
}

// NewRevocations makes an empty copy, which the first Check fills.
func NewRevocations(store RevocationStore, now func() time.Time) *Revocations {
	return &Revocations{store: store, now: now}
}

// CheckNow is Check by what is revoked now: a socket is open for longer than a
// copy may be old.
func (r *Revocations) CheckNow(ctx context.Context, who user.Principal) error {
	r.mu.Lock()
	r.list = nil
	r.mu.Unlock()
	return r.Check(ctx, who)
}

// Check refuses who came with an access token that a revocation voids.
// Errors: token_expired.
func (r *Revocations) Check(ctx context.Context, who user.Principal) error {
	list, err := r.current(ctx)
	if err != nil {
		return err
	}
	for _, subject := range []string{who.UserID, who.Session} {
		for _, revoked := range list[subject] {
			if revoked.Voids(who) {
				return fault.New(fault.TokenExpired, "")
			}
		}
	}
	return nil
}

func (r *Revocations) current(ctx context.Context) (map[string][]user.Revocation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.list != nil && now.Sub(r.readAt) < revokedAge {
		return r.list, nil
	}
	list, err := r.store.Revoked(ctx, now.Add(-RevocationLife))
	if err != nil {
		return nil, err
	}
	r.list, r.readAt = list, now
	return list, nil
}
