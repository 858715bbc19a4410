package auth_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"testing"

	"ticketsystem/pkg/auth"
)

func newSecretKey(t *testing.T) auth.SecretKey {
	t.Helper()
	encoded, err := auth.GenerateSecretKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secretKey, err := auth.NewSecretKey(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return secretKey
}

func TestMAC_SeparatesParts(t *testing.T) {
	secretKey, other := newSecretKey(t), newSecretKey(t)
	if !bytes.Equal(secretKey.MAC("code", "a", "b"), secretKey.MAC("code", "a", "b")) {
		t.Error("equal inputs have different MACs")
	}
	seen := map[string]int{}
	for i, mac := range [][]byte{
		secretKey.MAC("code", "ab", "c"), secretKey.MAC("code", "a", "bc"), secretKey.MAC("code", "abc"), secretKey.MAC("code", "abc", ""),
		secretKey.MAC("code"), secretKey.MAC("cursor", "abc"), other.MAC("code", "abc"),
	} {
		if before, double := seen[string(mac)]; double || len(mac) != 32 {
			t.Errorf("MACs %d and %d are equal or not 32 bytes", before, i)
		}
		seen[string(mac)] = i
	}
}

func TestSeal_RoundTrip(t *testing.T) {
	secretKey := newSecretKey(t)
	for _, text := range []string{"", "cursor", "متن"} {
		sealed := secretKey.Seal("cursor", []byte(text), []byte("me"))
		got, err := secretKey.Open("cursor", sealed, []byte("me"))
		if err != nil || string(got) != text {
			t.Errorf("got %q, %v, want %q", got, err, text)
		}
		if again := secretKey.Seal("cursor", []byte(text), []byte("me")); again == sealed {
			t.Error("sealing twice returned the same text")
		}
	}
}

func TestOpen_Invalid(t *testing.T) {
	secretKey := newSecretKey(t)
	sealed := secretKey.Seal("cursor", []byte("page 2"), []byte("me"))
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"other label": func() ([]byte, error) { return secretKey.Open("code", sealed, []byte("me")) },
		"other aad":   func() ([]byte, error) { return secretKey.Open("cursor", sealed, []byte("you")) },
		"other key":   func() ([]byte, error) { return newSecretKey(t).Open("cursor", sealed, []byte("me")) },
		"flipped bit": func() ([]byte, error) {
			return secretKey.Open("cursor", base64.RawURLEncoding.EncodeToString(raw), []byte("me"))
		},
		"truncated":  func() ([]byte, error) { return secretKey.Open("cursor", sealed[:8], []byte("me")) },
		"empty":      func() ([]byte, error) { return secretKey.Open("cursor", "", []byte("me")) },
		"not base64": func() ([]byte, error) { return secretKey.Open("cursor", "!!", []byte("me")) },
	} {
		if got, err := open(); !errors.Is(err, auth.ErrSeal) || got != nil {
			t.Errorf("%s: got %q, %v, want ErrSeal", name, got, err)
		}
	}
}

func TestNewSecretKey_Invalid(t *testing.T) {
	for _, text := range []string{"", "!", "c2hvcnQ=", base64.StdEncoding.EncodeToString(make([]byte, 33))} {
		if _, err := auth.NewSecretKey(text); !errors.Is(err, auth.ErrSecretKey) {
			t.Errorf("NewSecretKey(%q): got %v, want ErrSecretKey", text, err)
		}
	}
}

// TestLazySecretKey checks that the key is read once, when it is used, and again after a
// failure.
func TestLazySecretKey(t *testing.T) {
	reads, failure := 0, errors.New("store down")
	encoded, err := auth.GenerateSecretKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lazy := auth.LazySecretKey(func() (string, error) { reads++; return encoded, failure })
	if !lazy.IsSet() || reads != 0 {
		t.Errorf("set %v, %d reads before the first use", lazy.IsSet(), reads)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic without a key")
			}
		}()
		lazy.MAC("label")
	}()
	failure = nil
	key, err := auth.NewSecretKey(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if !bytes.Equal(lazy.MAC("label", "x"), key.MAC("label", "x")) || reads != 2 {
			t.Errorf("another MAC, or %d reads", reads)
		}
	}
}
