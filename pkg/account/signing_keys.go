package account

import (
	"context"
	"errors"
	"io"
	"time"

	"ticketsystem/pkg/auth"
)

// KeyStore publishes the public keys of access tokens.
type KeyStore interface {
	// PublishKeys replaces the published keys, unless they were published after a time.
	PublishKeys(ctx context.Context, keys auth.PublicKeys, at, before time.Time) (published bool, err error)
}

// SecretStore stores private keys.
type SecretStore interface {
	// Get returns a secret. It fails if there is none.
	Get(ctx context.Context, name string) (string, error)
	// PutIfAbsent stores a secret unless the name has one, and returns the stored one.
	PutIfAbsent(ctx context.Context, name, value string) (string, error)
	// Replace stores a secret, whether the name has one or not.
	Replace(ctx context.Context, name, value string) error
	// Delete deletes a secret. It succeeds if there is none.
	Delete(ctx context.Context, name string) error
}

// keyRotationLock is the time between two rotations. It exceeds the run time of one, so that
// two at the same time do not publish one key and store another.
const keyRotationLock = time.Minute

// SigningKeys manages the keys that sign access tokens, and the application key.
type SigningKeys struct {
	Secrets SecretStore
	Store   KeyStore
	Random  io.Reader
	Now     func() time.Time
}

// Ensure creates the signing key and the application key unless they exist, and publishes the
// public keys. It may be repeated.
func (k *SigningKeys) Ensure(ctx context.Context, tokenKey, appKey string) (auth.PublicKeys, error) {
	secret, err := auth.GenerateSecretKey(k.Random)
	if err != nil {
		return nil, err
	}
	if _, err := k.Secrets.PutIfAbsent(ctx, appKey, secret); err != nil {
		return nil, err
	}
	set, err := auth.NewKeySet(k.Random)
	if err != nil {
		return nil, err
	}
	stored, err := k.Secrets.PutIfAbsent(ctx, tokenKey, set.Encode())
	if err != nil {
		return nil, err
	}
	if set, err = auth.ParseKeySet(stored); err != nil {
		return nil, err
	}
	now := k.Now()
	_, err = k.Store.PublishKeys(ctx, set.Public(), now.Add(-keyRotationLock), now) // does not delay a rotation
	return set.Public(), err
}

// KeyReport describes the signing keys after a change.
type KeyReport struct {
	KeyID     string    `json:"kid"`
	SignsFrom time.Time `json:"signs_from"`
	OldKeyID  string    `json:"old_kid"`
	RetiresAt time.Time `json:"old_retires_at"`
}

// Rotate adds a new signing key and retires the current one after the last token that it
// signs. It fails with auth.ErrKeyRotation while an earlier rotation is in progress. The
// public key is published before the private one is stored, so an interrupted rotation
// leaves at most a key that never signs.
func (k *SigningKeys) Rotate(ctx context.Context, tokenKey string) (KeyReport, error) {
	return k.change(ctx, tokenKey, func(set auth.KeySet) (auth.KeySet, error) { return set.Rotate(k.Random, k.Now()) })
}

// Retire ends the old key now, after a leak for example. Clients with a token of it refresh
// their tokens.
func (k *SigningKeys) Retire(ctx context.Context, tokenKey string) (KeyReport, error) {
	return k.change(ctx, tokenKey, func(set auth.KeySet) (auth.KeySet, error) { return set.Retire(k.Now()) })
}

func (k *SigningKeys) change(ctx context.Context, tokenKey string, change func(auth.KeySet) (auth.KeySet, error)) (KeyReport, error) {
	text, err := k.Secrets.Get(ctx, tokenKey)
	if err != nil {
		return KeyReport{}, err
	}
	set, err := auth.ParseKeySet(text)
	if err != nil {
		return KeyReport{}, err
	}
	if set, err = change(set); err != nil {
		return KeyReport{}, err
	}
	now := k.Now()
	published, err := k.Store.PublishKeys(ctx, set.Public(), now, now.Add(-keyRotationLock))
	switch {
	case err != nil:
		return KeyReport{}, err
	case !published:
		return KeyReport{}, errRotationRunning
	}
	if err := k.Secrets.Replace(ctx, tokenKey, set.Encode()); err != nil {
		return KeyReport{}, err
	}
	return KeyReport{KeyID: set[1].ID, SignsFrom: set[1].From, OldKeyID: set[0].ID, RetiresAt: set[0].Until}, nil
}

var errRotationRunning = errors.New("another rotation has begun within a minute")
