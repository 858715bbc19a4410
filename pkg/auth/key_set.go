package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	// KeyActivation is the time from the publication of a new key to its first signature.
	// It exceeds the time until every instance accepts it: the 5 s of the revocation cache
	// and the delay of an eventually consistent read.
	KeyActivation = 30 * time.Second
	// KeyCacheTTL is how long an instance signs with the keys that it has read.
	KeyCacheTTL = time.Minute
	// keyRetirement is the time from the first signature of a new key to the end of the
	// old one: its last signature, and the lifetime of that token.
	keyRetirement = KeyCacheTTL + AccessTokenTTL + 2*time.Minute

	// keyReadTimeout bounds a repeated read of the keys, which may fail.
	keyReadTimeout = 2 * time.Second
)

// ErrKeyRotation is returned while the key before the last rotation is still valid.
var ErrKeyRotation = errors.New("the key before the last rotation is still valid")

// KeySet is the private keys, oldest first: one, or two during a rotation.
type KeySet []PrivateKey

// NewKeySet returns a set of one new key. It fails only if random fails.
func NewKeySet(random io.Reader) (KeySet, error) {
	key, err := GeneratePrivateKey(random)
	return KeySet{key}, err
}

// ParseKeySet parses the result of KeySet.Encode. Its errors never contain the text.
func ParseKeySet(text string) (KeySet, error) {
	var stored []storedKey
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, errors.New("private keys: invalid JSON") // err may contain the secret
	}
	set := make(KeySet, 0, len(stored))
	for _, k := range stored {
		if k.ID == "" || len(k.Seed) != ed25519.SeedSize {
			return nil, errors.New("private keys: kid missing or seed not 32 bytes")
		}
		set = append(set, PrivateKey{ID: k.ID, Key: ed25519.NewKeyFromSeed(k.Seed), From: k.From, Until: k.Until})
	}
	if len(set) == 0 {
		return nil, errors.New("private keys: none")
	}
	return set, nil
}

// Encode returns the set as JSON for the secret store.
func (s KeySet) Encode() string {
	stored := make([]storedKey, 0, len(s))
	for _, k := range s {
		stored = append(stored, storedKey{ID: k.ID, Seed: k.Key.Seed(), From: k.From, Until: k.Until})
	}
	text, _ := json.Marshal(stored) // cannot fail for strings, bytes and times
	return string(text)
}

// Public returns the public keys.
func (s KeySet) Public() PublicKeys {
	keys := make(PublicKeys, len(s))
	for _, k := range s {
		keys[k.ID] = PublicKey{Key: k.Public(), Until: k.Until}
	}
	return keys
}

// Signing returns the key that signs: the newest that has begun to.
func (s KeySet) Signing(now time.Time) PrivateKey {
	for _, k := range slices.Backward(s) {
		if !now.Before(k.From) {
			return k
		}
	}
	return s[0]
}

// Rotate returns a set of the current key and a new one, which signs after KeyActivation.
// It fails with ErrKeyRotation until the key before is retired.
func (s KeySet) Rotate(random io.Reader, now time.Time) (KeySet, error) {
	if len(s) > 1 && now.Before(s[0].Until) {
		return nil, fmt.Errorf("%w until %s", ErrKeyRotation, s[0].Until.Format(time.RFC3339))
	}
	key, err := GeneratePrivateKey(random)
	if err != nil {
		return nil, err
	}
	old := s[len(s)-1]
	key.From = now.Add(KeyActivation)
	old.Until = key.From.Add(keyRetirement)
	return KeySet{old, key}, nil
}

// Retire returns the set with the old key retired at once. It fails if no newer key signs
// yet for KeyCacheTTL, because some instances still sign with the old one.
func (s KeySet) Retire(now time.Time) (KeySet, error) {
	newest := s[len(s)-1]
	if safe := newest.From.Add(KeyCacheTTL); len(s) == 1 || now.Before(safe) {
		return nil, fmt.Errorf("no key to retire before %s", safe.Format(time.RFC3339))
	}
	old := s[0]
	if now.Before(old.Until) {
		old.Until = now
	}
	return KeySet{old, newest}, nil
}

// Signer caches the private keys of an instance. It is safe for concurrent use.
type Signer struct {
	Read  func(ctx context.Context) (string, error) // the result of KeySet.Encode
	Name  string                                    // the `iss` of the tokens
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger

	mu     sync.Mutex
	keys   KeySet
	readAt time.Time
}

// Issuer returns the issuer of tokens with the current key. It reads the keys at the first
// call and then every KeyCacheTTL. It fails only if they were never read: a later failure
// is logged and the keys stay.
func (s *Signer) Issuer(ctx context.Context) (*Issuer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if s.keys == nil || now.Sub(s.readAt) >= KeyCacheTTL {
		if err := s.read(ctx); err != nil && s.keys == nil {
			return nil, err
		} else if err != nil {
			s.Log.ErrorContext(ctx, "signing keys not read again", slog.Any("error", err))
		}
		s.readAt = now
	}
	return NewIssuer(s.keys.Signing(now), s.Name, s.Now, s.NewID), nil
}

func (s *Signer) read(ctx context.Context) error {
	if s.keys != nil {
		limited, cancel := context.WithTimeout(ctx, keyReadTimeout)
		defer cancel()
		ctx = limited
	}
	text, err := s.Read(ctx)
	if err != nil {
		return err
	}
	keys, err := ParseKeySet(text)
	if err != nil {
		return err
	}
	s.keys = keys
	return nil
}
