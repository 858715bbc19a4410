package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// secretKeyLength in bytes; also the length of each key derived from it.
const secretKeyLength = 32

var (
	// ErrSecretKey: the key is not the base64 of 32 bytes.
	ErrSecretKey = errors.New("edge key must be the base64 of 32 bytes")
	// ErrSeal: a sealed text is damaged, forged, or of another label.
	ErrSeal = errors.New("the seal is broken")
)

// SecretKey is the symmetric key of the API's edge. From it comes one key for each
// label, so that what is made for one purpose means nothing for another. The
// zero Edge panics when it is used.
type SecretKey struct{ key []byte }

// NewSecretKey reads the base64 of the key's 32 bytes. Error: ErrEdgeKey.
func NewSecretKey(encoded string) (SecretKey, error) {
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != secretKeyLength {
		return SecretKey{}, ErrSecretKey
	}
	return SecretKey{key: key}, nil
}

// IsSet says whether there is a key at all.
func (k SecretKey) IsSet() bool { return len(k.key) > 0 }

// MAC gives 32 bytes that only a holder of the key can make for this label and
// these parts (HMAC-SHA-256). ("ab", "c") and ("a", "bc") differ.
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

// Seal encrypts and authenticates plaintext (AES-256-GCM, random nonce) and
// gives base64url text. aad is authenticated along with it and must be the
// same at Open.
func (k SecretKey) Seal(label string, plaintext, aad []byte) string {
	return base64.RawURLEncoding.EncodeToString(k.gcm(label).Seal(nil, nil, plaintext, aad)) //nolint:gosec // the cipher draws the nonce itself
}

// Open gives the plaintext that Seal took. Error: ErrSeal.
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

// gcm makes the cipher of a label. Its nonces are 96 random bits: safe for 2^32
// texts under one key (NIST SP 800-38D), far above what cursors need.
func (k SecretKey) gcm(label string) cipher.AEAD {
	block, err := aes.NewCipher(k.derive("seal", label))
	if err != nil {
		panic(err) // only for a wrong length of the key
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a block that is not AES
	}
	return gcm
}

// derive gives the key of one use and label (RFC 5869; the edge key is already
// uniformly random, so only the expansion is needed).
func (k SecretKey) derive(use, label string) []byte {
	if len(k.key) == 0 {
		panic("auth: an Edge without a key") // everybody could make its keys
	}
	key, err := hkdf.Expand(sha256.New, k.key, fmt.Sprintf("ticketsystem %s %s", use, label), secretKeyLength)
	if err != nil {
		panic(err) // only for a length that no hash can give
	}
	return key
}
