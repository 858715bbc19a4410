// Package webpushtest decrypts push messages as a browser does, for tests.
package webpushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
)

// Browser has the keys of one push subscription.
type Browser struct {
	key    *ecdh.PrivateKey
	secret []byte
}

// NewBrowser returns a browser with new keys.
func NewBrowser() Browser {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // impossible: crypto/rand does not fail
	}
	return Browser{key, []byte(rand.Text())[:16]}
}

// P256dh returns the public key as a PushSubscription has it.
func (b Browser) P256dh() string {
	return base64.RawURLEncoding.EncodeToString(b.key.PublicKey().Bytes())
}

// Auth returns the authentication secret as a PushSubscription has it.
func (b Browser) Auth() string { return base64.RawURLEncoding.EncodeToString(b.secret) }

// The parts of a message (RFC 8188): salt, record size, length of the key, key.
const (
	saltSize   = 16
	headerSize = saltSize + 4 + 1 + 65
)

// Decrypt returns the plaintext of a message in the coding aes128gcm (RFC 8291).
func (b Browser) Decrypt(message []byte) ([]byte, error) {
	if len(message) < headerSize {
		return nil, errors.New("message without a header")
	}
	salt, sender, ciphertext := message[:saltSize], message[saltSize+5:headerSize], message[headerSize:]
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := b.key.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := slices.Concat([]byte("WebPush: info\x00"), b.key.PublicKey().Bytes(), sender)
	input, err := hkdf.Key(sha256.New, shared, b.secret, string(info), 32)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, err
	}
	nonce, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	padded, err := gcm.Open(nil, nonce, ciphertext, nil)
	if err != nil {
		return nil, err
	}
	end := slices.Index(padded, 2) // the delimiter of the last record; JSON has no such byte
	if end < 0 {
		return nil, errors.New("message without a delimiter")
	}
	return padded[:end], nil
}
