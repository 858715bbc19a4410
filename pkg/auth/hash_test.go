package auth_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"ticketsystem/pkg/auth"
)

func TestHash_RoundTrip(t *testing.T) {
	hash, err := auth.Hash("گذرواژه-secret", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("cost parameters: got %s", hash)
	}
	for password, want := range map[string]bool{"گذرواژه-secret": true, "گذرواژه-Secret": false, "": false} {
		if got, err := auth.Verify(hash, password); got != want || err != nil {
			t.Errorf("Verify(%q): got %v, %v, want %v", password, got, err, want)
		}
	}
	other, err := auth.Hash("گذرواژه-secret", rand.Reader)
	if err != nil || other == hash {
		t.Errorf("two hashes of one password are equal (%v)", err)
	}
	if _, err := auth.Hash("x", bytes.NewReader(nil)); err == nil {
		t.Error("no error without randomness")
	}
}

// TestVerify_ReferenceHash verifies a hash of the reference implementation, with other
// cost parameters.
func TestVerify_ReferenceHash(t *testing.T) {
	const reference = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	if ok, err := auth.Verify(reference, "password"); !ok || err != nil {
		t.Errorf("got %v, %v, want true", ok, err)
	}
}

func TestDummyHash_SameCost(t *testing.T) {
	hash, err := auth.Hash("x", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := costOf(auth.DummyHash), costOf(hash); got != want {
		t.Errorf("cost: got %s, want %s", got, want)
	}
	if ok, err := auth.Verify(auth.DummyHash, "password"); ok || err != nil {
		t.Errorf("got %v, %v, want false and no error", ok, err)
	}
}

func costOf(hash string) string { return strings.Join(strings.Split(hash, "$")[:4], "$") }

func TestVerify_MalformedHash(t *testing.T) {
	const salt, key = "c29tZXNhbHQ", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for _, hash := range []string{
		"", "password", "$2a$10$abcdefghijklmnopqrstuv",
		"$argon2i$v=19$m=256,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=16$m=256,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=4194304,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=256,t=0,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=256,t=2,p=0$" + salt + "$" + key,
		"$argon2id$v=19$m=256,t=2,p=300$" + salt + "$" + key,
		"$argon2id$v=19$t=2$" + salt + "$" + key,
		"$argon2id$v=19$m=256,t=2,p=1$!$" + key,
		"$argon2id$v=19$m=256,t=2,p=1$" + salt + "$",
		"$argon2id$v=19$m=256,t=2,p=1$" + salt + "$" + key + "$x",
	} {
		if ok, err := auth.Verify(hash, "password"); ok || !errors.Is(err, auth.ErrHash) {
			t.Errorf("Verify(%q): got %v, %v, want ErrHash", hash, ok, err)
		}
	}
}
