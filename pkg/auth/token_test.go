package auth_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

var (
	noon = time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC)
	ada  = user.Principal{UserID: "01ARZ3NDEKTSV4RRFFQ69G5FAV", Role: user.RoleSupport, Name: "آدا", Phone: "+989121234567", Locale: "fa", Session: "s1"}
)

func clock(at time.Time) func() time.Time { return func() time.Time { return at } }

func newKey(t *testing.T) auth.PrivateKey {
	t.Helper()
	key, err := auth.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(keys ...auth.PrivateKey) map[string]ed25519.PublicKey {
	all := map[string]ed25519.PublicKey{}
	for _, key := range keys {
		all[key.ID] = key.Public()
	}
	return all
}

func issue(t *testing.T, key auth.PrivateKey) string {
	t.Helper()
	token, expiresIn, err := auth.NewIssuer(key, "stack", clock(noon), func() string { return "j1" }).Issue(ada)
	if err != nil || expiresIn != 900 {
		t.Fatalf("Issue: got %d s, %v, want 900 s", expiresIn, err)
	}
	return token
}

func TestTokenRoundTrip(t *testing.T) {
	old, current := newKey(t), newKey(t)
	token := issue(t, current)
	got, err := auth.NewVerifier(public(old, current), "stack", clock(noon.Add(time.Minute))).Verify(token)
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

func TestVerifyByTime(t *testing.T) {
	key := newKey(t)
	token := issue(t, key)
	for _, c := range []struct {
		after time.Duration
		want  fault.Kind
	}{
		{0, ""}, {-5 * time.Second, ""}, {-6 * time.Second, fault.Unauthenticated},
		{15 * time.Minute, ""}, {15*time.Minute + 4*time.Second, ""}, {15*time.Minute + 6*time.Second, fault.TokenExpired},
	} {
		_, err := auth.NewVerifier(public(key), "stack", clock(noon.Add(c.after))).Verify(token)
		if got := kindOf(err); got != c.want {
			t.Errorf("after %v: got %q (%v), want %q", c.after, got, err, c.want)
		}
	}
}

func kindOf(err error) fault.Kind {
	if err == nil {
		return ""
	}
	return fault.From(err).Kind
}

// TestVerifyRefuses makes tokens with one thing wrong at a time.
func TestVerifyRefuses(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	good := func() jwt.MapClaims {
		at := noon.Unix()
		return jwt.MapClaims{"iss": "stack", "aud": "ticketsystem", "sub": "u", "role": "user", "jti": "j", "iat": at, "nbf": at, "exp": at + 900}
	}
	cases := []struct {
		name   string
		change func(jwt.MapClaims, map[string]any)
		want   fault.Kind
	}{
		{"nothing wrong", func(jwt.MapClaims, map[string]any) {}, ""},
		{"expired", func(c jwt.MapClaims, _ map[string]any) { c["exp"] = noon.Unix() - 60 }, fault.TokenExpired},
		{"other issuer", func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "other" }, fault.Unauthenticated},
		{"other issuer and expired", func(c jwt.MapClaims, _ map[string]any) { c["iss"] = "other"; c["exp"] = 1 }, fault.Unauthenticated},
		{"other audience", func(c jwt.MapClaims, _ map[string]any) { c["aud"] = "shop" }, fault.Unauthenticated},
		{"no audience", func(c jwt.MapClaims, _ map[string]any) { delete(c, "aud") }, fault.Unauthenticated},
		{"no exp", func(c jwt.MapClaims, _ map[string]any) { delete(c, "exp") }, fault.Unauthenticated},
		{"no nbf", func(c jwt.MapClaims, _ map[string]any) { delete(c, "nbf") }, fault.Unauthenticated},
		{"no iat", func(c jwt.MapClaims, _ map[string]any) { delete(c, "iat") }, fault.Unauthenticated},
		{"no jti", func(c jwt.MapClaims, _ map[string]any) { delete(c, "jti") }, fault.Unauthenticated},
		{"no sub", func(c jwt.MapClaims, _ map[string]any) { delete(c, "sub") }, fault.Unauthenticated},
		{"unknown role", func(c jwt.MapClaims, _ map[string]any) { c["role"] = "root" }, fault.Unauthenticated},
		{"issued in the future", func(c jwt.MapClaims, _ map[string]any) { c["iat"] = noon.Unix() + 60 }, fault.Unauthenticated},
		{"typ JWT", func(_ jwt.MapClaims, h map[string]any) { h["typ"] = "JWT" }, fault.Unauthenticated},
		{"no typ", func(_ jwt.MapClaims, h map[string]any) { delete(h, "typ") }, fault.Unauthenticated},
		{"unknown kid", func(_ jwt.MapClaims, h map[string]any) { h["kid"] = stranger.ID }, fault.Unauthenticated},
		{"no kid", func(_ jwt.MapClaims, h map[string]any) { delete(h, "kid") }, fault.Unauthenticated},
		{"crit", func(_ jwt.MapClaims, h map[string]any) { h["crit"] = []string{"b64"} }, fault.Unauthenticated},
	}
	verifier := auth.NewVerifier(public(key), "stack", clock(noon))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, good())
			token.Header["typ"], token.Header["kid"] = "at+jwt", key.ID
			c.change(token.Claims.(jwt.MapClaims), token.Header)
			signed, err := token.SignedString(key.Key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := verifier.Verify(signed); kindOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestVerifyRefusesForgeries(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	verifier := auth.NewVerifier(public(key), "stack", clock(noon))
	stranger.ID = key.ID
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
	good := issue(t, key)
	for name, token := range map[string]string{
		"another key":              issue(t, stranger),
		"alg none":                 sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"public key as an HMAC's":  sign(jwt.SigningMethodHS256, []byte(key.Public())),
		"empty":                    "",
		"no token":                 "a.b.c",
		"cut":                      good[:len(good)-4],
		"body of one, sign of two": strings.Join(append(strings.Split(good, ".")[:2], strings.Split(sign(jwt.SigningMethodEdDSA, key.Key), ".")[2]), "."),
	} {
		if got, err := verifier.Verify(token); kindOf(err) != fault.Unauthenticated || got != (user.Principal{}) {
			t.Errorf("%s: got %+v, %v, want unauthenticated", name, got, err)
		}
	}
}
