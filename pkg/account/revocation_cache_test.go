package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// TestRevocationCache_Check checks which tokens a revocation of a user or session
// revokes.
func TestRevocationCache_Check(t *testing.T) {
	f := newFixture(t)
	at := f.now
	for subject, all := range map[string][]user.Revocation{
		"sara": {{At: at}}, "family": {{At: at}}, "long ago": {{At: at.Add(-account.RevocationTTL - time.Millisecond)}},
		"agent": {{At: at.Add(-time.Minute)}, {At: at, Role: user.RoleSupport, Phone: "+1"}},
	} {
		for _, one := range all {
			must(f.AddRevocation(context.Background(), subject, one))
		}
	}
	cache := account.NewRevocationCache(f, f.clock)
	for _, c := range []struct {
		name      string
		principal user.Principal
		revoked   bool
	}{
		{"older token", user.Principal{UserID: "sara", IssuedAt: at.Add(-time.Minute)}, true},
		{"token of the same moment", user.Principal{UserID: "sara", IssuedAt: at}, true},
		{"newer token", user.Principal{UserID: "sara", IssuedAt: at.Add(time.Millisecond)}, false},
		{"token without an issue time", user.Principal{UserID: "sara"}, true},
		{"another user", user.Principal{UserID: "reza", IssuedAt: at.Add(-time.Minute)}, false},
		{"older token of an ended session", user.Principal{UserID: "reza", Session: "family", IssuedAt: at}, true},
		{"newer token of an ended session", user.Principal{UserID: "reza", Session: "family", IssuedAt: at.Add(time.Second)}, true},
		{"another session", user.Principal{UserID: "reza", Session: "other", IssuedAt: at}, false},
		{"current rights", user.Principal{UserID: "agent", Role: user.RoleSupport, Phone: "+1", IssuedAt: at}, false},
		{"old role", user.Principal{UserID: "agent", Role: user.RoleAdmin, Phone: "+1", IssuedAt: at}, true},
		{"old phone number", user.Principal{UserID: "agent", Role: user.RoleSupport, Phone: "+2", IssuedAt: at}, true},
		{"token revoked by an earlier revocation", user.Principal{UserID: "agent", Role: user.RoleSupport, Phone: "+1", IssuedAt: at.Add(-time.Hour)}, true},
		{"revocation older than its TTL", user.Principal{UserID: "long ago", IssuedAt: at.Add(-3 * time.Hour)}, false},
	} {
		if err := cache.Check(context.Background(), c.principal); apperr.Is(err, apperr.TokenExpired) != c.revoked || !c.revoked && err != nil {
			t.Errorf("%s: got %v, want revoked %v", c.name, err, c.revoked)
		}
	}
}

// TestRevocationCache_TTL checks that the cache reads at most once per TTL.
func TestRevocationCache_TTL(t *testing.T) {
	f := newFixture(t)
	cache := account.NewRevocationCache(f, f.clock)
	sara := user.Principal{UserID: "sara", IssuedAt: f.now}
	check := func(want error) {
		t.Helper()
		if err := cache.Check(context.Background(), sara); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	check(nil)
	if err := f.AddRevocation(context.Background(), "sara", user.Revocation{At: f.now}); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(account.RevocationCacheTTL - time.Millisecond)
	check(nil)
	if f.Calls("RevocationsSince") != 1 {
		t.Errorf("got %d reads within %v, want 1", f.Calls("RevocationsSince"), account.RevocationCacheTTL)
	}
	f.now = f.now.Add(time.Millisecond)
	if err := cache.Check(context.Background(), sara); !apperr.Is(err, apperr.TokenExpired) {
		t.Errorf("after %v: got %v, want token_expired", account.RevocationCacheTTL, err)
	}
	f.storeErr, f.now = errors.New("store down"), f.now.Add(account.RevocationCacheTTL)
	check(f.storeErr)
}
