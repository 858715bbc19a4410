package auth_test

import (
	"bytes"
	"strings"
	"testing"

	"ticketsystem/pkg/auth"
)

func TestPrivateKey_RoundTrip(t *testing.T) {
	key := newPrivateKey(t)
	again, err := auth.ParsePrivateKey(key.Encode())
	if err != nil || again.ID != key.ID || !again.Key.Equal(key.Key) {
		t.Errorf("got %v, %v", again.ID, err)
	}
	other := newPrivateKey(t)
	keys, err := auth.ParsePublicKeys(auth.EncodePublicKeys(key, other))
	if err != nil || len(keys) != 2 || !keys[key.ID].Equal(key.Public()) || !keys[other.ID].Equal(other.Public()) {
		t.Errorf("got %v, %v", keys, err)
	}
	if again.DeriveSecretKey() != key.DeriveSecretKey() || other.DeriveSecretKey() == key.DeriveSecretKey() {
		t.Error("the derived key is not a function of the private key")
	}
	if _, err := auth.NewSecretKey(key.DeriveSecretKey()); err != nil {
		t.Error(err)
	}
	if _, err := auth.GeneratePrivateKey(bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("no error for 31 random bytes")
	}
}

func TestParseKeys_Invalid(t *testing.T) {
	for _, text := range []string{"", "{}", `{"kid":"a"}`, `{"kid":"a","seed":"c2hvcnQ="}`, `{"seed":"` + strings.Repeat("A", 43) + `="}`} {
		if _, err := auth.ParsePrivateKey(text); err == nil {
			t.Errorf("ParsePrivateKey(%q): no error", text)
		} else if strings.Contains(err.Error(), "c2hvcnQ") {
			t.Errorf("the error contains the secret: %v", err)
		}
	}
	for _, text := range []string{"", "{}", "[]", `{"a":"c2hvcnQ="}`, `{"":"` + strings.Repeat("A", 43) + `="}`, `{"a":1}`} {
		if _, err := auth.ParsePublicKeys(text); err == nil {
			t.Errorf("ParsePublicKeys(%q): no error", text)
		}
	}
}
