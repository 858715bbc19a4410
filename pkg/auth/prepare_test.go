package auth_test

import (
	"crypto/rand"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
)

// TestPassword_Prepared checks that the forms of one text are one password, and that
// characters outside of the OpaqueString profile (RFC 8265) are rejected.
func TestPassword_Prepared(t *testing.T) {
	const composed, decomposed = "caf\u00e9 au lait 7", "cafe\u0301\u00a0au\u3000lait 7"
	for _, c := range [][2]string{{composed, decomposed}, {decomposed, composed}} {
		hash, err := auth.Hash(c[0], rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := auth.Verify(hash, c[1]); !ok || err != nil {
			t.Errorf("%+q does not match %+q: %v", c[1], c[0], err)
		}
		if ok, _ := auth.Verify(hash, "Caf\u00e9 au lait 7"); ok {
			t.Error("another case matches")
		}
	}
	for _, password := range []string{"correct\u0000horse-9", "correct\thorse-9", "correct-horse-9\u202e", "correct\u200fhorse-9"} {
		if err := auth.CheckPassword(password, ""); !apperr.Is(err, apperr.WeakPassword) || apperr.From(err).Fields[0].Code != "character" {
			t.Errorf("%+q: got %v, want weak_password at /password", password, err)
		}
		if err := auth.CheckCharacters(password); !apperr.Is(err, apperr.InvalidBody) {
			t.Errorf("%+q: got %v, want invalid_body", password, err)
		}
		if _, err := auth.Hash(password, rand.Reader); err == nil {
			t.Errorf("%+q: hashed", password)
		}
		if ok, err := auth.Verify(auth.DummyHash, password); ok || err != nil {
			t.Errorf("%+q: got %v, %v", password, ok, err)
		}
	}
}

// TestDerive checks that a sealed text opens only with the key derived from its secret.
func TestDerive(t *testing.T) {
	key, err := auth.NewSecretKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	sealed := key.Derive("x", "a", "b").Seal("x", []byte("text"), nil)
	if got, err := key.Derive("x", "a", "b").Open("x", sealed, nil); string(got) != "text" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for name, other := range map[string]auth.SecretKey{"no secret": key, "another secret": key.Derive("x", "ab"), "another label": key.Derive("y", "a", "b")} {
		if _, err := other.Open("x", sealed, nil); err == nil {
			t.Errorf("%s opens it", name)
		}
	}
}
