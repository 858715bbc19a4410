package conformance

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// tokenFields are the header fields or the claims of a token.
type tokenFields = map[string]any

// encodeToken returns a JWT with the given header and claims, and the signature that
// sign returns.
func encodeToken(header, claims tokenFields, sign func(message string) []byte) string {
	part := func(f tokenFields) string {
		text, _ := json.Marshal(f) // strings and numbers always marshal
		return base64.RawURLEncoding.EncodeToString(text)
	}
	message := part(header) + "." + part(claims)
	return message + "." + base64.RawURLEncoding.EncodeToString(sign(message))
}

// withFields returns a copy of f with changes applied; a nil value deletes the field.
func withFields(f, changes tokenFields) tokenFields {
	out := maps.Clone(f)
	for name, value := range changes {
		if out[name] = value; value == nil {
			delete(out, name)
		}
	}
	return out
}

// tokenForger makes valid and invalid tokens for one signing key.
type tokenForger struct {
	key            auth.PrivateKey
	header, claims tokenFields
	now            time.Time
}

func newTokenForger(t *testing.T) tokenForger {
	t.Helper()
	key, err := auth.GeneratePrivateKey(rand.Reader)
	must(t, err)
	now := app.Now()
	return tokenForger{key: key, now: now, header: tokenFields{"alg": "EdDSA", "typ": "at+jwt", "kid": key.ID}, claims: tokenFields{
		"iss": "conformance", "aud": "ticketsystem", "sub": newID(), "jti": newID(), "role": "admin",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(auth.AccessTokenTTL).Unix(),
	}}
}

func (m tokenForger) sign(message string) []byte { return ed25519.Sign(m.key.Key, []byte(message)) }

// forgedTokens returns tokens with exactly one defect each, keyed by the defect.
func (m tokenForger) forgedTokens(t *testing.T) map[string]string {
	t.Helper()
	other, err := auth.GeneratePrivateKey(rand.Reader)
	must(t, err)
	public := m.key.Public()
	out := map[string]string{
		"another key, the right kid": encodeToken(m.header, m.claims, func(s string) []byte { return ed25519.Sign(other.Key, []byte(s)) }),
		"another key, its own jwk": encodeToken(withFields(m.header, tokenFields{"jwk": tokenFields{"kty": "OKP", "crv": "Ed25519", "x": other.Public()}}), m.claims,
			func(s string) []byte { return ed25519.Sign(other.Key, []byte(s)) }),
		"no signature":     encodeToken(m.header, m.claims, func(string) []byte { return nil }),
		"a zero signature": encodeToken(m.header, m.claims, func(string) []byte { return make([]byte, ed25519.SignatureSize) }),
	}
	for _, alg := range []any{"none", "None", "NONE", "", nil, "HS256", "HS512", "RS256", "ES256", "Ed25519", "eddsa", 0} {
		for how, secret := range map[string][]byte{
			"nothing": nil, "the public key": public, "its base64": []byte(base64.StdEncoding.EncodeToString(public)),
		} {
			out[fmt.Sprintf("alg %v with %s", alg, how)] = encodeToken(withFields(m.header, tokenFields{"alg": alg}), m.claims, func(s string) []byte {
				if secret == nil {
					return nil
				}
				mac := hmac.New(sha256.New, secret)
				mac.Write([]byte(s))
				return mac.Sum(nil)
			})
		}
		if alg != "none" { // signed correctly, but with another alg in the header
			out[fmt.Sprintf("alg %v, correctly signed", alg)] = encodeToken(withFields(m.header, tokenFields{"alg": alg}), m.claims, m.sign)
		}
	}
	for name, values := range map[string][]any{
		"kid": {nil, "", other.ID, "../" + m.key.ID, m.key.ID + " ", strings.ToUpper(m.key.ID + "a"), []string{m.key.ID}},
		"typ": {nil, "", "JWT", "at+JWT ", "refresh+jwt", 1}, "crit": {[]string{"exp"}, []string{}},
	} {
		for _, value := range values {
			out[fmt.Sprintf("%s %v", name, value)] = encodeToken(withFields(m.header, tokenFields{name: value}), m.claims, m.sign)
		}
	}
	maps.Copy(out, m.invalidClaims())
	return out
}

// invalidClaims returns correctly signed tokens with one wrong claim each.
func (m tokenForger) invalidClaims() map[string]string {
	out := map[string]string{}
	ago := func(d time.Duration) int64 { return m.now.Add(-d).Unix() }
	for name, values := range map[string][]any{
		"iss":  {nil, "", "another-stack", "conformance2", []string{"conformance"}},
		"aud":  {nil, "", "shop", "ticketsystem2", []string{}, []string{"shop", "app"}, tokenFields{}},
		"sub":  {nil, "", 7},
		"jti":  {nil, ""},
		"role": {nil, "", "root", "Admin", "system", []string{"admin"}},
		"exp":  {nil, 0, -1, ago(time.Minute), ago(24 * time.Hour), "tomorrow"},
		"nbf":  {nil, ago(-time.Minute), ago(-24 * time.Hour), "yesterday"},
		"iat":  {nil, ago(-time.Minute), ago(-24 * time.Hour), "yesterday"},
	} {
		for _, value := range values {
			out[fmt.Sprintf("%s %v", name, value)] = encodeToken(m.header, withFields(m.claims, tokenFields{name: value}), m.sign)
		}
	}
	return out
}

// malformedTokens returns variants of a valid token: one bit flipped, truncated, one
// part more.
func malformedTokens(good string) map[string]string {
	out := map[string]string{"nothing": "", "a dot": ".", "two dots": "..", "one more part": good + ".e30", "a valid one twice": good + good}
	for i := range good {
		// The last character of a part may hold unused bits. A token that does not write
		// them as zeros must be rejected.
		flipped := []byte(good)
		if flipped[i] ^= 1; flipped[i] != '.' && good[i] != '.' {
			out[fmt.Sprint("flipped at ", i)] = string(flipped)
		}
		out[fmt.Sprint("cut at ", i)] = good[:i]
	}
	return out
}

// TestAuthForgedTokens checks that one defect is enough to reject a token. Valid tokens
// are accepted, also those of the previous key during a key rotation.
func TestAuthForgedTokens(t *testing.T) {
	t.Parallel()
	m, previous := newTokenForger(t), newTokenForger(t)
	authenticator := &account.Authenticator{
		Verifier:    auth.NewVerifier(auth.KeySet{previous.key, m.key}.Public(), "conformance", func() time.Time { return m.now }),
		Revocations: account.NewRevocationCache(openStore(), app.Now), Cookies: openStore(), Now: app.Now,
	}
	var result authResult
	for _, forger := range []tokenForger{m, previous} {
		forger.claims = withFields(forger.claims, tokenFields{"iat": m.now.Unix(), "nbf": m.now.Unix()})
		if actor, err := authenticator.AuthenticateToken(t.Context(), encodeToken(forger.header, forger.claims, forger.sign)); err != nil || actor.Role != user.RoleAdmin {
			result.wronglyRejected.Add(1)
			t.Errorf("a valid token: got %+v, %v", actor, err)
		}
	}
	tokens := m.forgedTokens(t)
	maps.Copy(tokens, malformedTokens(encodeToken(m.header, m.claims, m.sign)))
	a := newAccounts(t, openStore())
	_, other := a.newUser(t)
	tokens["a token of another stack"], tokens["a refresh token"] = other.Access, other.Refresh
	for what, token := range tokens {
		if actor, err := authenticator.AuthenticateToken(t.Context(), token); err == nil {
			result.wronglyAccepted.Add(1)
			t.Errorf("%s: accepted as %+v", what, actor)
		}
		if actor, _, err := authenticator.AuthenticateCookie(t.Context(), token); err == nil {
			result.wronglyAccepted.Add(1)
			t.Errorf("%s, as a cookie: accepted as %+v", what, actor)
		}
	}
	result.record(t, "forged tokens", fmt.Sprint(len(tokens), " tokens"),
		"Wrong algorithm, key, kid, type, issuer, audience, subject, role, age, not-before; flipped and truncated at every character.")
}
