package account

import (
	"context"
	"errors"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// TestRevocationCache_Check: what was issued until then is void, what is issued later is
// not, and neither is anything of anybody else.
func TestRevocationCache_Check(t *testing.T) {
	f := newFixture(t)
	at := f.now
	f.revoked = map[string][]user.Revocation{
		"sara": {{At: at}}, "family": {{At: at}}, "long ago": {{At: at.Add(-RevocationTTL)}},
		"agent": {{At: at.Add(-time.Minute)}, {At: at, Role: user.RoleSupport, Phone: "+1"}},
	}
	cache := NewRevocationCache(f, f.clock)
	for _, c := range []struct {
		name string
		who  user.Principal
		void bool
	}{
		{"an older token", user.Principal{UserID: "sara", IssuedAt: at.Add(-time.Minute)}, true},
		{"a token of that moment", user.Principal{UserID: "sara", IssuedAt: at}, true},
		{"a younger token", user.Principal{UserID: "sara", IssuedAt: at.Add(time.Millisecond)}, false},
		{"a token of nobody knows when", user.Principal{UserID: "sara"}, true},
		{"another person", user.Principal{UserID: "reza", IssuedAt: at.Add(-time.Minute)}, false},
		{"an older token of an ended session", user.Principal{UserID: "reza", Session: "family", IssuedAt: at}, true},
		{"another session", user.Principal{UserID: "reza", Session: "other", IssuedAt: at}, false},
		{"the rights of now", user.Principal{UserID: "agent", Role: user.RoleSupport, Phone: "+1", IssuedAt: at}, false},
		{"a role of before", user.Principal{UserID: "agent", Role: user.RoleAdmin, Phone: "+1", IssuedAt: at}, true},
		{"a number of before", user.Principal{UserID: "agent", Role: user.RoleSupport, Phone: "+2", IssuedAt: at}, true},
		{"what an earlier revocation had ended", user.Principal{UserID: "agent", Role: user.RoleSupport, Phone: "+1", IssuedAt: at.Add(-time.Hour)}, true},
		{"what nothing can be left of", user.Principal{UserID: "long ago", IssuedAt: at.Add(-3 * time.Hour)}, false},
	} {
		if err := cache.Check(context.Background(), c.who); apperr.Is(err, apperr.TokenExpired) != c.void || !c.void && err != nil {
			t.Errorf("%s: got %v, want void %v", c.name, err, c.void)
		}
	}
}

// TestRevocationCache_TTL: once in five seconds, however many ask.
func TestRevocationCache_TTL(t *testing.T) {
	f := newFixture(t)
	cache := NewRevocationCache(f, f.clock)
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
	f.now = f.now.Add(revocationCacheTTL - time.Millisecond)
	check(nil)
	if f.revocationReads != 1 {
		t.Errorf("got %d reads within %v, want 1", f.revocationReads, revocationCacheTTL)
	}
	f.now = f.now.Add(time.Millisecond)
	if err := cache.Check(context.Background(), sara); !apperr.Is(err, apperr.TokenExpired) {
		t.Errorf("after %v: got %v, want token_expired", revocationCacheTTL, err)
	}
	f.storeErr, f.now = errors.New("no answer"), f.now.Add(revocationCacheTTL)
	check(f.storeErr)
}
