package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"sync"
)

// maxSignedTokens bounds the memory of an instance for tokens: about 1 MB.
const maxSignedTokens = 1000

// signedToken is a token whose signature was checked with a key.
type signedToken struct {
	claims claims
	kid    string
	key    ed25519.PublicKey
}

// signedTokens are the last tokens of an instance by their hash. It is safe for concurrent use.
type signedTokens struct {
	mu     sync.Mutex
	byHash map[[sha256.Size]byte]signedToken
}

func (t *signedTokens) get(hash [sha256.Size]byte) (signedToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, known := t.byHash[hash]
	return s, known
}

// add forgets all other tokens if there are too many.
func (t *signedTokens) add(hash [sha256.Size]byte, s signedToken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byHash == nil || len(t.byHash) >= maxSignedTokens {
		t.byHash = map[[sha256.Size]byte]signedToken{}
	}
	t.byHash[hash] = s
}
