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

// edgeKeyLength in bytes; also the length of each key derived from it.
const edgeKeyLength = 32

var (
	// ErrEdgeKey: the key is not the base64 of 32 bytes.
	ErrEdgeKey = errors.New("edge key must be the base64 of 32 bytes")
	// ErrSeal: a sealed text is damaged, forged, or of another label.
	ErrSeal = errors.New("the seal is broken")
)

// Edge is the symmetric key of the API's edge. From it comes one key for each
// label, so that what is made for one purpose means nothing for another. The
// zero Edge panics when it is used.
type Edge struct{ key []byte }

// NewEdge reads the base64 of the key's 32 bytes. Error: ErrEdgeKey.
func NewEdge(encoded string) (Edge, error) {
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != edgeKeyLength {
		return Edge{}, ErrEdgeKey
	}
	return Edge{key: key}, nil
}

// Ready says whether there is a key at all.
func (e Edge) Ready() bool { return len(e.key) > 0 }

// MAC gives 32 bytes that only a holder of the key can make for this label and
// these parts (HMAC-SHA-256). ("ab", "c") and ("a", "bc") differ.
func (e Edge) MAC(label string, parts ...string) []byte {
	mac := hmac.New(sha256.New, e.derive("mac", label))
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
func (e Edge) Seal(label string, plaintext, aad []byte) string {
	return base64.RawURLEncoding.EncodeToString(e.gcm(label).Seal(nil, nil, plaintext, aad)) //nolint:gosec // the cipher draws the nonce itself
}

// Open gives the plaintext that Seal took. Error: ErrSeal.
func (e Edge) Open(label, sealed string, aad []byte) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, ErrSeal
	}
	plaintext, err := e.gcm(label).Open(nil, nil, raw, aad)
	if err != nil {
		return nil, ErrSeal
	}
	return plaintext, nil
}

// gcm makes the cipher of a label. Its nonces are 96 random bits: safe for 2^32
// texts under one key (NIST SP 800-38D), far above what cursors need.
func (e Edge) gcm(label string) cipher.AEAD {
	block, err := aes.NewCipher(e.derive("seal", label))
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
func (e Edge) derive(use, label string) []byte {
	if len(e.key) == 0 {
		panic("auth: an Edge without a key") // everybody could make its keys
	}
	key, err := hkdf.Expand(sha256.New, e.key, fmt.Sprintf("ticketsystem %s %s", use, label), edgeKeyLength)
	if err != nil {
		panic(err) // only for a length that no hash can give
	}
	return key
}
