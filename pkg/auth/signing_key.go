package auth

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// PrivateKey signs access tokens.
type PrivateKey struct {
	// ID is the `kid` header of tokens. It is derived from the public key.
	ID  string
	Key ed25519.PrivateKey
}

// storedKey is the stored form of a private key: {"kid": ..., "seed": base64}.
type storedKey struct {
	ID   string `json:"kid"`
	Seed []byte `json:"seed"`
}

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

// ParsePrivateKey parses the result of PrivateKey.Encode. Its errors never contain the
// text.
func ParsePrivateKey(text string) (PrivateKey, error) {
	var stored storedKey
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return PrivateKey{}, errors.New("private key: invalid JSON") // err may contain the secret
	}
	if stored.ID == "" || len(stored.Seed) != ed25519.SeedSize {
		return PrivateKey{}, errors.New("private key: kid missing or seed not 32 bytes")
	}
	return PrivateKey{ID: stored.ID, Key: ed25519.NewKeyFromSeed(stored.Seed)}, nil
}

// Encode returns the key as JSON for the secret store.
func (k PrivateKey) Encode() string {
	text, _ := json.Marshal(storedKey{ID: k.ID, Seed: k.Key.Seed()}) // cannot fail for strings and bytes
	return string(text)
}

// Public returns the public key.
func (k PrivateKey) Public() ed25519.PublicKey { return publicOf(k.Key) }

// DeriveSecretKey returns the application key, encoded for NewSecretKey. It is
// deterministic, so that an update of the stack does not invalidate cursors, codes and
// sessions.
func (k PrivateKey) DeriveSecretKey() string {
	key, err := hkdf.Key(sha256.New, k.Key.Seed(), nil, "ticketsystem edge key", secretKeyLength)
	if err != nil {
		panic(err) // impossible: the length is valid
	}
	return base64.StdEncoding.EncodeToString(key)
}

// EncodePublicKeys returns the public keys in the form that ParsePublicKeys parses.
func EncodePublicKeys(keys ...PrivateKey) string {
	public := make(map[string][]byte, len(keys))
	for _, key := range keys {
		public[key.ID] = key.Public()
	}
	text, _ := json.Marshal(public) // cannot fail for a map of bytes
	return string(text)
}

// ParsePublicKeys parses a JSON object that maps a kid to the base64 of a 32-byte
// Ed25519 public key. It fails if there is no key.
func ParsePublicKeys(text string) (map[string]ed25519.PublicKey, error) {
	var encoded map[string][]byte
	if err := json.Unmarshal([]byte(text), &encoded); err != nil {
		return nil, fmt.Errorf("public keys: %w", err)
	}
	if len(encoded) == 0 {
		return nil, errors.New("public keys: none")
	}
	keys := make(map[string]ed25519.PublicKey, len(encoded))
	for kid, key := range encoded {
		if kid == "" || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("public keys: %q is not 32 bytes", kid)
		}
		keys[kid] = key
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
