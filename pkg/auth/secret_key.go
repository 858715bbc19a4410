package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// secretKeyLength is the length in bytes of the key and of each derived key.
const secretKeyLength = 32

var (
	// ErrSecretKey is returned for a key that is not the base64 of 32 bytes.
	ErrSecretKey = errors.New("application key must be the base64 of 32 bytes")
	// ErrSeal is returned for a sealed text that is damaged or forged or has another
	// label.
	ErrSeal = errors.New("invalid sealed text")
)

// SecretKey is the symmetric application key. It derives one key per label, so that a
// MAC or sealed text of one purpose is invalid for another. The methods of the zero
// SecretKey panic, except IsSet.
type SecretKey struct {
	key  []byte
	load func() []byte // of a key that is read when it is needed
}

// GenerateSecretKey returns a new key, encoded for NewSecretKey. It fails only if random
// fails.
func GenerateSecretKey(random io.Reader) (string, error) {
	key := make([]byte, secretKeyLength)
	if _, err := io.ReadFull(random, key); err != nil {
		return "", fmt.Errorf("application key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(key), nil
}

// LazySecretKey returns the key that read returns, encoded for NewSecretKey. The key is read
// at its first use and then kept. A use panics if read fails, and the next one reads again.
func LazySecretKey(read func() (string, error)) SecretKey {
	var mu sync.Mutex
	var loaded SecretKey
	return SecretKey{load: func() []byte {
		mu.Lock()
		defer mu.Unlock()
		if !loaded.IsSet() {
			encoded, err := read()
			if err == nil {
				loaded, err = NewSecretKey(encoded)
			}
			if err != nil {
				panic(fmt.Errorf("application key: %w", err))
			}
		}
		return loaded.key
	}}
}

// NewSecretKey returns the key whose 32 bytes are base64-encoded. It fails with
// ErrSecretKey.
func NewSecretKey(encoded string) (SecretKey, error) {
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != secretKeyLength {
		return SecretKey{}, ErrSecretKey
	}
	return SecretKey{key: key}, nil
}

// IsSet reports whether the key is not the zero SecretKey.
func (k SecretKey) IsSet() bool { return len(k.key) > 0 || k.load != nil }

// MAC returns the HMAC-SHA-256 of the parts under the label's key (32 bytes). The parts
// are length-prefixed, so ("ab", "c") and ("a", "bc") differ.
func (k SecretKey) MAC(label string, parts ...string) []byte {
	mac := hmac.New(sha256.New, k.derive("mac", label))
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}

// Derive returns a key that cannot be computed without the secret.
func (k SecretKey) Derive(label string, secret ...string) SecretKey {
	return SecretKey{key: k.MAC("derive "+label, secret...)}
}

// Seal encrypts and authenticates plaintext (AES-256-GCM, random nonce) and returns
// base64url text. Open must be called with the same label and aad.
func (k SecretKey) Seal(label string, plaintext, aad []byte) string {
	return base64.RawURLEncoding.EncodeToString(k.gcm(label).Seal(nil, nil, plaintext, aad)) //nolint:gosec // the cipher generates the nonce
}

// Open returns the plaintext of a sealed text. It fails with ErrSeal.
func (k SecretKey) Open(label, sealed string, aad []byte) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, ErrSeal
	}
	plaintext, err := k.gcm(label).Open(nil, nil, raw, aad)
	if err != nil {
		return nil, ErrSeal
	}
	return plaintext, nil
}

// gcm returns the cipher of a label. Random 96-bit nonces are safe for 2^32 texts per
// key (NIST SP 800-38D).
func (k SecretKey) gcm(label string) cipher.AEAD {
	block, err := aes.NewCipher(k.derive("seal", label))
	if err != nil {
		panic(err) // impossible: the key length is valid
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // impossible: the block is AES
	}
	return gcm
}

// derive returns the key of a use and label (RFC 5869). The application key is
// uniformly random, so HKDF-Expand suffices.
func (k SecretKey) derive(use, label string) []byte {
	if !k.IsSet() {
		panic("auth: zero SecretKey") // derived keys would be public
	}
	secret := k.key
	if k.load != nil {
		secret = k.load()
	}
	key, err := hkdf.Expand(sha256.New, secret, fmt.Sprintf("ticketsystem %s %s", use, label), secretKeyLength)
	if err != nil {
		panic(err) // impossible: the length is valid
	}
	return key
}

// PushKey returns the key that signs push messages to browsers (VAPID, RFC 8292): a point
// of P-256. Browsers subscribe with its public part, so it must not change.
func (k SecretKey) PushKey() *ecdh.PrivateKey {
	for n := 0; ; n++ {
		key, err := ecdh.P256().NewPrivateKey(k.derive("push", strconv.Itoa(n)))
		if err == nil {
			return key
		}
		// One of 2^32 values is not a valid key.
	}
}
