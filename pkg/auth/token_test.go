package auth_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

var (
	noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	ada  = user.Principal{UserID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Role: user.RoleSupport, Name: "آدا", PhoneVersion: 3, Locale: "fa", Session: "s1"}
)

func fixedClock(at time.Time) func() time.Time { return func() time.Time { return at } }

func newPrivateKey(t *testing.T) auth.PrivateKey {
	t.Helper()
	key, err := auth.GeneratePrivateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicKeys(keys ...auth.PrivateKey) auth.PublicKeys { return auth.KeySet(keys).Public() }

func issueToken(t *testing.T, key auth.PrivateKey) string {
	t.Helper()
	token, expiresIn, err := auth.NewIssuer(key, "stack", fixedClock(noon), func() string { return "j1" }).Issue(ada)
	if err != nil || expiresIn != 900 {
		t.Fatalf("Issue: got %d s, %v, want 900 s", expiresIn, err)
	}
	return token
}

func TestIssue_RoundTrip(t *testing.T) {
	old, current := newPrivateKey(t), newPrivateKey(t)
	token := issueToken(t, current)
	got, err := auth.NewVerifier(publicKeys(old, current), "stack", fixedClock(noon.Add(time.Minute))).Verify(token, nil)
	want := ada
	want.IssuedAt = noon
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	header, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil {
		t.Fatal(err)
	}
	var head map[string]string
	if err := json.Unmarshal(header, &head); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"alg": "EdDSA", "typ": "at+jwt", "kid": current.ID}; !maps.Equal(head, want) {
		t.Errorf("header: got %v, want %v", head, want)
	}
}

func TestVerify_Expiry(t *testing.T) {
	key := newPrivateKey(t)
	token := issueToken(t, key)
	for _, c := range []struct {
		after time.Duration
		want  apperr.Code
	}{
		{0, ""}, {-5 * time.Second, ""}, {-6 * time.Second, apperr.Unauthenticated},
		{15 * time.Minute, ""}, {15*time.Minute + 4*time.Second, ""}, {15*time.Minute + 6*time.Second, apperr.TokenExpired},
	} {
		_, err := auth.NewVerifier(publicKeys(key), "stack", fixedClock(noon.Add(c.after))).Verify(token, nil)
		if got := codeOf(err); got != c.want {
			t.Errorf("after %v: got %q (%v), want %q", c.after, got, err, c.want)
		}
	}
}

func codeOf(err error) apperr.Code {
	if err == nil {
		return ""
	}
	return apperr.From(err).Code
}

// TestVerify_InvalidClaims verifies tokens with one defect each.
func TestVerify_InvalidClaims(t *testing.T) {
	key, otherKey := newPrivateKey(t), newPrivateKey(t)
	good := func() jwt.MapClaims {
		at := noon.Unix()
		return jwt.MapClaims{"iss": "stack", "aud": "ticketsystem", "sub": "u", "role": "user", "jti": "j", "iat": at, "nbf": at, "exp": at + 900}
	}
	cases := []struct {
		name   string
		change func(jwt.MapClaims, map[string]any)
		want   apperr.Code
	}{
		{"valid", func(jwt.MapClaims, map[string]any) {}, ""},
		{"expired", func(c jwt.MapClaims, _ map[string]any) { c["exp"] = noon.Unix() - 60 }, apperr.TokenExpired},
		{"other issuer", func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "other" }, apperr.Unauthenticated},
		{"other issuer and expired", func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "other"; c["exp"] = 1 }, apperr.Unauthenticated},
		{"other audience", func(c jwt.MapClaims, _ map[string]any) { c["aud"] = "other" }, apperr.Unauthenticated},
		{"no audience", func(c jwt.MapClaims, _ map[string]any) { delete(c, "aud") }, apperr.Unauthenticated},
		{"no exp", func(c jwt.MapClaims, _ map[string]any) { delete(c, "exp") }, apperr.Unauthenticated},
		{"no nbf", func(c jwt.MapClaims, _ map[string]any) { delete(c, "nbf") }, apperr.Unauthenticated},
		{"no iat", func(c jwt.MapClaims, _ map[string]any) { delete(c, "iat") }, apperr.Unauthenticated},
		{"no jti", func(c jwt.MapClaims, _ map[string]any) { delete(c, "jti") }, apperr.Unauthenticated},
		{"no sub", func(c jwt.MapClaims, _ map[string]any) { delete(c, "sub") }, apperr.Unauthenticated},
		{"unknown role", func(c jwt.MapClaims, _ map[string]any) { c["role"] = "root" }, apperr.Unauthenticated},
		{"issued in the future", func(c jwt.MapClaims, _ map[string]any) { c["iat"] = noon.Unix() + 60 }, apperr.Unauthenticated},
		{"typ JWT", func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "JWT" }, apperr.Unauthenticated},
		{"no typ", func(_ jwt.MapClaims, h map[string]any) { delete(h, "typ") }, apperr.Unauthenticated},
		{"unknown kid", func(_ jwt.MapClaims, h map[string]any) { h["kid"] = otherKey.ID }, apperr.Unauthenticated},
		{"no kid", func(_ jwt.MapClaims, h map[string]any) { delete(h, "kid") }, apperr.Unauthenticated},
		{"crit", func(_ jwt.MapClaims, h map[string]any) { h["crit"] = []string{"b64"} }, apperr.Unauthenticated},
	}
	verifier := auth.NewVerifier(publicKeys(key), "stack", fixedClock(noon))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, good())
			token.Header["typ"], token.Header["kid"] = "at+jwt", key.ID
			c.change(token.Claims.(jwt.MapClaims), token.Header)
			signed, err := token.SignedString(key.Key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verifier.Verify(signed, nil); codeOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestVerify_Forged(t *testing.T) {
	key, otherKey := newPrivateKey(t), newPrivateKey(t)
	verifier := auth.NewVerifier(publicKeys(key), "stack", fixedClock(noon))
	otherKey.ID = key.ID
	body := jwt.MapClaims{"iss": "stack", "aud": "ticketsystem", "sub": "u", "role": "admin", "jti": "j",
		"iat": noon.Unix(), "nbf": noon.Unix(), "exp": noon.Unix() + 900}
	sign := func(method jwt.SigningMethod, with any) string {
		token := jwt.NewWithClaims(method, body)
		token.Header["typ"], token.Header["kid"] = "at+jwt", key.ID
		signed, err := token.SignedString(with)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	good := issueToken(t, key)
	for name, token := range map[string]string{
		"another key":                issueToken(t, otherKey),
		"alg none":                   sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"public key as HMAC key":     sign(jwt.SigningMethodHS256, []byte(key.Public())),
		"empty":                      "",
		"malformed":                  "a.b.c",
		"truncated":                  good[:len(good)-4],
		"signature of another token": strings.Join(append(strings.Split(good, ".")[:2], strings.Split(sign(jwt.SigningMethodEdDSA, key.Key), ".")[2]), "."),
	} {
		if got, err := verifier.Verify(token, nil); codeOf(err) != apperr.Unauthenticated || got != (user.Principal{}) {
			t.Errorf("%s: got %+v, %v, want unauthenticated", name, got, err)
		}
	}
}

// TestVerify_KnownToken checks that a token that was accepted before is refused as soon as it
// has expired or its key is retired, replaced or no longer published.
func TestVerify_KnownToken(t *testing.T) {
	key, otherKey := newPrivateKey(t), newPrivateKey(t)
	token := issueToken(t, key)
	retired, replaced := key, otherKey
	retired.Until, replaced.ID = noon.Add(time.Minute), key.ID
	for _, c := range []struct {
		name  string
		after time.Duration
		keys  auth.PublicKeys
		want  apperr.Code
	}{
		{"the same", time.Minute, publicKeys(key), ""},
		{"another key beside it", time.Minute, publicKeys(key, otherKey), ""},
		{"no key published", time.Minute, nil, ""},
		{"before it is valid", -time.Minute, publicKeys(key), apperr.Unauthenticated},
		{"expired", 16 * time.Minute, publicKeys(key), apperr.TokenExpired},
		{"key retires later", 59 * time.Second, publicKeys(retired), ""},
		{"key retired", time.Minute, publicKeys(retired), apperr.TokenExpired},
		{"key replaced under its id", time.Minute, publicKeys(replaced), apperr.Unauthenticated},
		{"key not published", time.Minute, publicKeys(otherKey), apperr.Unauthenticated},
	} {
		now := noon
		verifier := auth.NewVerifier(publicKeys(key), "stack", func() time.Time { return now })
		for range 2 {
			if _, err := verifier.Verify(token, publicKeys(key)); err != nil {
				t.Fatal(err)
			}
		}
		now = noon.Add(c.after)
		for range 2 {
			got, err := verifier.Verify(token, c.keys)
			if codeOf(err) != c.want || (err == nil) != (got.UserID == ada.UserID) {
				t.Errorf("%s: got %+v, %v, want %q", c.name, got, err, c.want)
			}
		}
	}
}

// TestVerify_KnownTokenChanged changes each character of a token that was accepted before.
func TestVerify_KnownTokenChanged(t *testing.T) {
	key := newPrivateKey(t)
	token := issueToken(t, key)
	verifier := auth.NewVerifier(publicKeys(key), "stack", fixedClock(noon))
	if _, err := verifier.Verify(token, nil); err != nil {
		t.Fatal(err)
	}
	for n := range token {
		for _, character := range "AQg9." {
			changed := token[:n] + string(character) + token[n+1:]
			if _, err := verifier.Verify(changed, nil); changed != token && codeOf(err) != apperr.Unauthenticated {
				t.Errorf("character %d as %c: got %v, want unauthenticated", n, character, err)
			}
		}
	}
}

// TestIssue_NoPhoneNumber checks that an access token carries no phone number.
func TestIssue_NoPhoneNumber(t *testing.T) {
	u := user.User{ID: ada.UserID, Phone: "+989121234567", Role: user.RoleUser, Locale: "fa"}
	key := newPrivateKey(t)
	token, _, err := auth.NewIssuer(key, "stack", fixedClock(noon), func() string { return "j" }).Issue(u.WithPhone("+989127654321", "").Principal("s1"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil || strings.Contains(string(body), "912") || !strings.Contains(string(body), `"pv":1`) {
		t.Errorf("got %s, %v", body, err)
	}
}
