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
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// fields are the header or the claims of a token.
type fields = map[string]any

// forge writes a token with whatever header and claims, signed in some way.
func forge(header, claims fields, sign func(message string) []byte) string {
	part := func(f fields) string {
		text, _ := json.Marshal(f) // strings and numbers always marshal
		return base64.RawURLEncoding.EncodeToString(text)
	}
	message := part(header) + "." + part(claims)
	return message + "." + base64.RawURLEncoding.EncodeToString(sign(message))
}

// with is a copy with some fields set; those set to nil are gone.
func with(f, changes fields) fields {
	out := maps.Clone(f)
	for name, value := range changes {
		if out[name] = value; value == nil {
			delete(out, name)
		}
	}
	return out
}

// mint makes tokens of one house.
type mint struct {
	key            auth.PrivateKey
	header, claims fields
	now            time.Time
}

func newMint(t *testing.T) mint {
	t.Helper()
	key, err := auth.NewKey(rand.Reader)
	must(t, err)
	now := wiring.Now()
	return mint{key: key, now: now, header: fields{"alg": "EdDSA", "typ": "at+jwt", "kid": key.ID}, claims: fields{
		"iss": "conformance", "aud": "ticketsystem", "sub": newID(), "jti": newID(), "role": "admin",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(auth.AccessLife).Unix(),
	}}
}

func (m mint) sign(message string) []byte { return ed25519.Sign(m.key.Key, []byte(message)) }

// forgeries are tokens by what is wrong with them, the rest being right.
func (m mint) forgeries(t *testing.T) map[string]string {
	t.Helper()
	other, err := auth.NewKey(rand.Reader)
	must(t, err)
	public := m.key.Public()
	out := map[string]string{
		"another key, the right kid": forge(m.header, m.claims, func(s string) []byte { return ed25519.Sign(other.Key, []byte(s)) }),
		"another key, its own jwk": forge(with(m.header, fields{"jwk": fields{"kty": "OKP", "crv": "Ed25519", "x": other.Public()}}), m.claims,
			func(s string) []byte { return ed25519.Sign(other.Key, []byte(s)) }),
		"no signature":     forge(m.header, m.claims, func(string) []byte { return nil }),
		"a signature of 0": forge(m.header, m.claims, func(string) []byte { return make([]byte, ed25519.SignatureSize) }),
	}
	for _, alg := range []any{"none", "None", "NONE", "", nil, "HS256", "HS512", "RS256", "ES256", "Ed25519", "eddsa", 0} {
		for how, secret := range map[string][]byte{
			"nothing": nil, "the public key": public, "its base64": []byte(base64.StdEncoding.EncodeToString(public)),
		} {
			out[fmt.Sprintf("alg %v with %s", alg, how)] = forge(with(m.header, fields{"alg": alg}), m.claims, func(s string) []byte {
				if secret == nil {
					return nil
				}
				mac := hmac.New(sha256.New, secret)
				mac.Write([]byte(s))
				return mac.Sum(nil)
			})
		}
		if alg != "none" { // signed well, but said to be signed otherwise
			out[fmt.Sprintf("alg %v, well signed", alg)] = forge(with(m.header, fields{"alg": alg}), m.claims, m.sign)
		}
	}
	for name, values := range map[string][]any{
		"kid": {nil, "", other.ID, "../" + m.key.ID, m.key.ID + " ", strings.ToUpper(m.key.ID + "a"), []string{m.key.ID}},
		"typ": {nil, "", "JWT", "at+JWT ", "refresh+jwt", 1}, "crit": {[]string{"exp"}, []string{}},
	} {
		for _, value := range values {
			out[fmt.Sprintf("%s %v", name, value)] = forge(with(m.header, fields{name: value}), m.claims, m.sign)
		}
	}
	maps.Copy(out, m.wrongClaims())
	return out
}

// wrongClaims are well signed, but not for here, not for now, or for nobody.
func (m mint) wrongClaims() map[string]string {
	out := map[string]string{}
	ago := func(d time.Duration) int64 { return m.now.Add(-d).Unix() }
	for name, values := range map[string][]any{
		"iss":  {nil, "", "another-stack", "conformance2", []string{"conformance"}},
		"aud":  {nil, "", "shop", "ticketsystem2", []string{}, []string{"shop", "app"}, fields{}},
		"sub":  {nil, "", 7},
		"jti":  {nil, ""},
		"role": {nil, "", "root", "Admin", "system", []string{"admin"}},
		"exp":  {nil, 0, -1, ago(time.Minute), ago(24 * time.Hour), "tomorrow"},
		"nbf":  {nil, ago(-time.Minute), ago(-24 * time.Hour), "yesterday"},
		"iat":  {nil, ago(-time.Minute), ago(-24 * time.Hour), "yesterday"},
	} {
		for _, value := range values {
			out[fmt.Sprintf("%s %v", name, value)] = forge(m.header, with(m.claims, fields{name: value}), m.sign)
		}
	}
	return out
}

// bent are a good token's relatives: a bit flipped, an end cut, a part more.
func bent(good string) map[string]string {
	out := map[string]string{"nothing": "", "a dot": ".", "two dots": "..", "one more part": good + ".e30", "a good one twice": good + good}
	for i := range good {
		// The last character of a part may hold bits that mean nothing, but a
		// token is refused that does not write them as zeros.
		flipped := []byte(good)
		if flipped[i] ^= 1; flipped[i] != '.' && good[i] != '.' {
			out[fmt.Sprint("bent at ", i)] = string(flipped)
		}
		out[fmt.Sprint("cut at ", i)] = good[:i]
	}
	return out
}

// TestAuthForgedTokens: one thing wrong is enough to stay out, and a good token
// comes in, also one of the key before while a key is replaced.
func TestAuthForgedTokens(t *testing.T) {
	t.Parallel()
	m, before := newMint(t), newMint(t)
	gate := &account.Gate{
		Verifier: auth.NewVerifier(map[string]ed25519.PublicKey{
			m.key.ID: m.key.Public(), before.key.ID: before.key.Public(),
		}, "conformance", func() time.Time { return m.now }),
		Revocations: account.NewRevocations(open(), wiring.Now), Cookies: open(), Now: wiring.Now,
	}
	var count callers
	for _, house := range []mint{m, before} {
		house.claims = with(house.claims, fields{"iat": m.now.Unix(), "nbf": m.now.Unix()})
		if who, err := gate.Token(t.Context(), forge(house.header, house.claims, house.sign)); err != nil || who.Role != user.RoleAdmin {
			count.out.Add(1)
			t.Errorf("a good token: got %+v, %v", who, err)
		}
	}
	tries := m.forgeries(t)
	maps.Copy(tries, bent(forge(m.header, m.claims, m.sign)))
	p := newPeople(t, open())
	_, other := p.newcomer(t)
	tries["a token of another stack"], tries["a refresh token"] = other.Access, other.Refresh
	for what, token := range tries {
		if who, err := gate.Token(t.Context(), token); err == nil {
			count.in.Add(1)
			t.Errorf("%s: got in as %+v", what, who)
		}
		if who, err := gate.Cookie(t.Context(), token); err == nil {
			count.in.Add(1)
			t.Errorf("%s, as a cookie: got in as %+v", what, who)
		}
	}
	count.record(t, "forged tokens", fmt.Sprint(len(tries), " tokens"),
		"Wrong algorithm, key, kid, type, issuer, audience, subject, role, age, future; cut and bent at every character.")
}
