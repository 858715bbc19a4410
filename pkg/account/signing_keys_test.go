package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// secretMap is a store of secrets in memory.
type secretMap map[string]string

func (m secretMap) Get(_ context.Context, name string) (string, error) {
	if value, found := m[name]; found {
		return value, nil
	}
	return "", errors.New("no such secret")
}

func (m secretMap) PutIfAbsent(ctx context.Context, name, value string) (string, error) {
	if _, found := m[name]; !found {
		m[name] = value
	}
	return m.Get(ctx, name)
}

func (m secretMap) Replace(_ context.Context, name, value string) error {
	m[name] = value
	return nil
}

func (m secretMap) Delete(_ context.Context, name string) error {
	delete(m, name)
	return nil
}

// rotation is instances that sign and verify while the key is replaced.
type rotation struct {
	*fixture

	keys      *account.SigningKeys
	signers   []*auth.Signer
	verifiers []*account.Authenticator
}

func newRotation(t *testing.T) *rotation {
	t.Helper()
	f := newFixture(t)
	secrets := secretMap{}
	r := &rotation{fixture: f, keys: &account.SigningKeys{Secrets: secrets, Store: f, Random: rand.Reader, Now: f.clock}}
	first, err := r.keys.Ensure(t.Context(), "token-key", "app-key")
	must(err)
	again, err := r.keys.Ensure(t.Context(), "token-key", "app-key")
	must(err)
	if first.Encode() != again.Encode() {
		t.Fatal("an update of the stack replaced the key")
	}
	for range 3 {
		r.signers = append(r.signers, &auth.Signer{
			Read: func(ctx context.Context) (string, error) { return secrets.Get(ctx, "token-key") },
			Name: "test", Now: f.clock, NewID: id.NewGenerator(f.clock, rand.Reader), Log: slog.New(slog.DiscardHandler),
		})
		r.verifiers = append(r.verifiers, &account.Authenticator{
			Verifier: auth.NewVerifier(first, "test", f.clock), Revocations: account.NewRevocationCache(f, f.clock), Now: f.clock,
		})
	}
	return r
}

func (r *rotation) sign(t *testing.T, n int) string {
	t.Helper()
	issuer, err := r.signers[n%len(r.signers)].Issuer(t.Context())
	must(err)
	token, _, err := issuer.Issue(user.Principal{UserID: "sara", Role: user.RoleUser})
	must(err)
	return token
}

// TestRotate_UnderTraffic checks that no token is refused before it ends, while the key is
// replaced. Instances sign and verify at different times.
func TestRotate_UnderTraffic(t *testing.T) {
	r := newRotation(t)
	tokens := map[string]time.Time{}
	var report account.KeyReport
	for second := range 40 * 60 {
		r.now = r.now.Add(time.Second)
		if second == 100 {
			var err error
			report, err = r.keys.Rotate(t.Context(), "token-key")
			must(err)
		}
		if second%23 == 0 {
			tokens[r.sign(t, second)] = r.now
		}
		if second%7 != 0 {
			continue
		}
		for token, issued := range tokens {
			_, err := r.verifiers[second/7%3].AuthenticateToken(t.Context(), token)
			switch age := r.now.Sub(issued); {
			case age < auth.AccessTokenTTL && err != nil:
				t.Fatalf("second %d: a token of %v is refused: %v", second, age, err)
			case age >= auth.AccessTokenTTL:
				delete(tokens, token)
			}
		}
	}
	set, err := auth.ParseKeySet(must1(r.keys.Secrets.Get(t.Context(), "token-key")))
	must(err)
	if report.OldKeyID != set[0].ID || report.KeyID != set[1].ID || set.Signing(r.now).ID != report.KeyID {
		t.Errorf("got %+v", report)
	}
	forged, _, err := auth.NewIssuer(set[0], "test", r.clock, func() string { return "j" }).Issue(user.Principal{UserID: "sara", Role: user.RoleUser})
	must(err)
	if _, err := r.verifiers[0].AuthenticateToken(t.Context(), forged); !apperr.Is(err, apperr.TokenExpired) {
		t.Errorf("a token of the retired key: got %v", err)
	}
}

// TestRotate_Repeated checks that rotations do not overlap, that a key may be retired early,
// and that a store that fails leaves the keys as they are.
func TestRotate_Repeated(t *testing.T) {
	r := newRotation(t)
	must1(r.PublishKeys(t.Context(), must1(auth.NewKeySet(rand.Reader)).Public(), r.now, r.now))
	if _, err := r.keys.Rotate(t.Context(), "token-key"); err == nil {
		t.Error("rotated while another rotation was running")
	}
	r.now = r.now.Add(2 * time.Minute)
	r.storeErr = errors.New("store down")
	before := must1(r.keys.Secrets.Get(t.Context(), "token-key"))
	if _, err := r.keys.Rotate(t.Context(), "token-key"); err == nil || must1(r.keys.Secrets.Get(t.Context(), "token-key")) != before {
		t.Errorf("the private key was stored without its public key: %v", err)
	}
	r.storeErr = nil
	if _, err := r.keys.Rotate(t.Context(), "token-key"); err != nil {
		t.Fatal(err)
	}
	old := r.sign(t, 0)
	must1(r.verifiers[0].AuthenticateToken(t.Context(), old))
	r.now = r.now.Add(2 * time.Minute)
	if _, err := r.keys.Rotate(t.Context(), "token-key"); !errors.Is(err, auth.ErrKeyRotation) {
		t.Errorf("a second rotation: got %v", err)
	}
	if _, err := r.keys.Retire(t.Context(), "token-key"); err != nil {
		t.Fatal(err)
	}
	r.now = r.now.Add(account.RevocationCacheTTL)
	if _, err := r.verifiers[0].AuthenticateToken(t.Context(), old); !apperr.Is(err, apperr.TokenExpired) {
		t.Errorf("a token of a key that was retired early: got %v", err)
	}
	if _, err := r.verifiers[0].AuthenticateToken(t.Context(), r.sign(t, 0)); err != nil {
		t.Errorf("a token of the new key: %v", err)
	}
}

// TestAuthenticateToken_RevokedLater checks that a token that an instance has accepted before is
// refused once its user is revoked.
func TestAuthenticateToken_RevokedLater(t *testing.T) {
	r := newRotation(t)
	token := r.sign(t, 0)
	for range 2 {
		if _, err := r.verifiers[0].AuthenticateToken(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	must(r.AddRevocation(t.Context(), "sara", user.Revocation{At: r.now}))
	r.now = r.now.Add(account.RevocationCacheTTL)
	for range 2 {
		if _, err := r.verifiers[0].AuthenticateToken(t.Context(), token); !apperr.Is(err, apperr.TokenExpired) {
			t.Errorf("got %v, want token_expired", err)
		}
	}
}

func must1[T any](v T, err error) T {
	must(err)
	return v
}
