package auth

import (
	"crypto/sha256"
	"strconv"
	"testing"
)

// TestSignedTokens_Bound checks that the memory for known tokens is bounded, and that the newest
// token is known.
func TestSignedTokens_Bound(t *testing.T) {
	var tokens signedTokens
	for n := range 3 * maxSignedTokens {
		hash := sha256.Sum256([]byte(strconv.Itoa(n)))
		tokens.add(hash, signedToken{kid: strconv.Itoa(n)})
		if got, known := tokens.get(hash); !known || got.kid != strconv.Itoa(n) || len(tokens.byHash) > maxSignedTokens {
			t.Fatalf("token %d: got %+v, %v, %d tokens", n, got, known, len(tokens.byHash))
		}
	}
}
