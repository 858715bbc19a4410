package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// PrivateKey signs access tokens.
type PrivateKey struct {
	// ID is the `kid` header of tokens. It is derived from the public key.
	ID  string
	Key ed25519.PrivateKey
	// Until is when the tokens of a replaced key end. It is zero for the current key.
	Until time.Time
	// From is when a new key begins to sign, zero for the first key.
	From time.Time
}

// storedKey is the stored form of a private key.
type storedKey struct {
	ID    string    `json:"kid"`
	Seed  []byte    `json:"seed"`
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// PublicKey verifies access tokens until a time, or without an end if it is zero.
type PublicKey struct {
	Key   ed25519.PublicKey `json:"key"`
	Until time.Time         `json:"until,omitzero"`
}

// PublicKeys are public keys by kid.
type PublicKeys map[string]PublicKey

// GeneratePrivateKey returns a new private key. It reads 32 bytes from random
// (crypto/rand.Reader) and fails only if random fails.
func GeneratePrivateKey(random io.Reader) (PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return PrivateKey{}, fmt.Errorf("seed of a key: %w", err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	return PrivateKey{ID: keyID(publicOf(key)), Key: key}, nil
}

// Public returns the public key.
func (k PrivateKey) Public() ed25519.PublicKey { return publicOf(k.Key) }

// Encode returns the keys in the form that ParsePublicKeys parses.
func (k PublicKeys) Encode() string {
	text, _ := json.Marshal(k) // cannot fail for a map of bytes and times
	return string(text)
}

// ParsePublicKeys parses the result of PublicKeys.Encode. It fails if there is no key.
func ParsePublicKeys(text string) (PublicKeys, error) {
	var keys PublicKeys
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return nil, fmt.Errorf("public keys: %w", err)
	}
	if len(keys) == 0 {
		return nil, errors.New("public keys: none")
	}
	for kid, key := range keys {
		if kid == "" || len(key.Key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("public keys: %q is not 32 bytes", kid)
		}
	}
	return keys, nil
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return ed25519.PublicKey(key[ed25519.SeedSize:])
}

// keyID returns the id of a key: the first 64 bits of its hash.
func keyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}
