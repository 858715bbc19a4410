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
	// ID is the `kid` in the head of a token, derived from the public key.
	ID  string
	Key ed25519.PrivateKey
}

// storedKey is how a private key is kept: {"kid": ..., "seed": base64}.
type storedKey struct {
	ID   string `json:"kid"`
	Seed []byte `json:"seed"`
}

// GeneratePrivateKey makes a private key from 32 bytes of random (crypto/rand.Reader).
func GeneratePrivateKey(random io.Reader) (PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return PrivateKey{}, fmt.Errorf("seed of a key: %w", err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	return PrivateKey{ID: keyID(publicOf(key)), Key: key}, nil
}

// ParsePrivateKey reads what Encode wrote.
func ParsePrivateKey(text string) (PrivateKey, error) {
	var stored storedKey
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return PrivateKey{}, errors.New("private key: not the JSON of a key") // without err, which may quote the secret
	}
	if stored.ID == "" || len(stored.Seed) != ed25519.SeedSize {
		return PrivateKey{}, errors.New("private key: kid missing or seed not 32 bytes")
	}
	return PrivateKey{ID: stored.ID, Key: ed25519.NewKeyFromSeed(stored.Seed)}, nil
}

// Encode writes the key as it is kept in the secret store.
func (k PrivateKey) Encode() string {
	text, _ := json.Marshal(storedKey{ID: k.ID, Seed: k.Key.Seed()}) // strings and bytes always marshal
	return string(text)
}

// Public gives the half that may be known.
func (k PrivateKey) Public() ed25519.PublicKey { return publicOf(k.Key) }

// DeriveSecretKey derives the base64 of the 32 bytes that NewEdge takes. It is the
// same for the same key, so that a stack that is updated keeps its cursors,
// codes and sessions.
func (k PrivateKey) DeriveSecretKey() string {
	key, err := hkdf.Key(sha256.New, k.Key.Seed(), nil, "ticketsystem edge key", secretKeyLength)
	if err != nil {
		panic(err) // only for a length that no hash can give
	}
	return base64.StdEncoding.EncodeToString(key)
}

// EncodePublicKeys writes what ParsePublicKeys reads.
func EncodePublicKeys(keys ...PrivateKey) string {
	public := make(map[string][]byte, len(keys))
	for _, key := range keys {
		public[key.ID] = key.Public()
	}
	text, _ := json.Marshal(public) // a map of bytes always marshals
	return string(text)
}

// ParsePublicKeys reads a JSON object of kid -> base64 of the 32 bytes of an
// Ed25519 public key. At least one must be there.
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

// keyID names a key by 64 bits of its hash: the same key has the same name.
func keyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:8])
}
