package auth_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
)

// fixedKey returns the same key in every run, so that failures are reproducible.
func fixedKey(seed byte) auth.PrivateKey {
	return auth.PrivateKey{ID: "k" + string(rune('0'+seed)), Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))}
}

// FuzzVerify checks that exactly one token is accepted.
func FuzzVerify(f *testing.F) {
	key := fixedKey(1)
	good, _, err := auth.NewIssuer(key, "stack", fixedClock(noon), func() string { return "j1" }).Issue(ada)
	if err != nil {
		f.Fatal(err)
	}
	other, _, err := auth.NewIssuer(fixedKey(2), "stack", fixedClock(noon), func() string { return "j1" }).Issue(ada)
	if err != nil {
		f.Fatal(err)
	}
	head, rest, _ := strings.Cut(good, ".")
	body, signature, _ := strings.Cut(rest, ".")
	for _, token := range []string{
		good, other, head + "." + body + ".", "eyJhbGciOiJub25lIn0." + body + ".", head + "." + body + "." + signature + "=", good + ".x", "", "..", "a.b.c",
		strings.Replace(good, ".", ".\n", 1), head + "." + body + "." + strings.ToUpper(signature),
	} {
		f.Add(token)
	}
	verifier := auth.NewVerifier(publicKeys(key), "stack", fixedClock(noon.Add(time.Minute)))
	f.Fuzz(func(t *testing.T, token string) {
		principal, err := verifier.Verify(token, nil)
		if (err == nil) != (token == good) {
			t.Errorf("%q: got %+v, %v", token, principal, err)
		}
	})
}

// FuzzOpen checks that only sealed texts open, and only with their aad.
func FuzzOpen(f *testing.F) {
	secretKey, err := auth.NewSecretKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		f.Fatal(err)
	}
	f.Add("", []byte("aad"), []byte("plain"))
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", []byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, sealed string, aad, plain []byte) {
		if got, err := secretKey.Open("cursor", sealed, aad); err == nil {
			t.Errorf("%q: got %q, want ErrSeal", sealed, got)
		}
		own := secretKey.Seal("cursor", plain, aad)
		if got, err := secretKey.Open("cursor", own, aad); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("got %q, %v, want %q", got, err, plain)
		}
		if _, err := secretKey.Open("cursor", own, append([]byte{1}, aad...)); err == nil {
			t.Error("opened with another aad")
		}
	})
}

// FuzzKeys checks that a text parses to usable keys or fails.
func FuzzKeys(f *testing.F) {
	key := fixedKey(1)
	for _, text := range []string{auth.KeySet{key}.Encode(), publicKeys(key).Encode(), "[{}]", "{}", "null", `{"kid":""}`, `{"a":"AA=="}`, `{"kid":"k","seed":null}`, "[", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if private, err := auth.ParseKeySet(text); err == nil {
			again, err := auth.ParseKeySet(private.Encode())
			if err != nil || len(again) != len(private) || again[0].ID != private[0].ID || !again[0].Key.Equal(private[0].Key) {
				t.Errorf("%q: got %+v, %v after encoding and parsing again", text, again, err)
			}
		}
		if keys, err := auth.ParsePublicKeys(text); err == nil {
			if len(keys) == 0 {
				t.Errorf("%q: got no keys and no error", text)
			}
			for kid, public := range keys {
				if kid == "" || len(public.Key) != ed25519.PublicKeySize {
					t.Errorf("%q: got the key %q of %d bytes", text, kid, len(public.Key))
				}
			}
		}
	})
}

// FuzzHash checks that a malformed hash matches no password and does not exhaust memory.
func FuzzHash(f *testing.F) {
	for _, hash := range []string{
		"", "$", "$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAA$AA", "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAA$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=8,t=4294967295,p=1$AAAAAAAAAAAAAA$" + strings.Repeat("A", 43), "$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAA$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=8,t=1,p=0$AAAAAAAAAAAAAA$" + strings.Repeat("A", 43), "$argon2id$v=19$m=-8,t=1,p=1$$",
	} {
		f.Add(hash, "secret")
	}
	f.Fuzz(func(t *testing.T, hash, password string) {
		if ok, err := auth.Verify(hash, password); ok {
			t.Errorf("%q: password %q accepted, %v", hash, password, err)
		}
	})
}

// FuzzPassword checks that any other error than weak_password is impossible.
func FuzzPassword(f *testing.F) {
	for _, password := range []string{"", "password", "۱۲۳۴۵۶۷۸", "aaaaaaaa", "qwertyuiop", "\xff\xfe\xfd\xfc", "ab\u0301ab\u0301ab\u0301", "correct-horse-9"} {
		f.Add(password, "+989121234567")
	}
	f.Fuzz(func(t *testing.T, password, number string) {
		err := auth.CheckPassword(password, number)
		if err != nil && !apperr.Is(err, apperr.WeakPassword) {
			t.Errorf("%q: got %v, want weak_password", password, err)
		}
		if err == nil && (len(password) > 256 || password == number) {
			t.Errorf("%q: accepted", password)
		}
	})
}
