package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// TestRevocationCache_Check checks which tokens a revocation of a user or session
// revokes.
func TestRevocationCache_Check(t *testing.T) {
	f := newFixture(t)
	at := f.now
	for subject, all := range map[string][]user.Revocation{
		"sara": {{At: at}}, "family": {{At: at}}, "long ago": {{At: at.Add(-account.RevocationTTL - time.Millisecond)}},
		"agent": {{At: at.Add(-time.Minute)}, {At: at, Role: user.RoleSupport, PhoneVersion: 1}},
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
		{"current rights", user.Principal{UserID: "agent", Role: user.RoleSupport, PhoneVersion: 1, IssuedAt: at}, false},
		{"old role", user.Principal{UserID: "agent", Role: user.RoleAdmin, PhoneVersion: 1, IssuedAt: at}, true},
		{"old phone number", user.Principal{UserID: "agent", Role: user.RoleSupport, PhoneVersion: 2, IssuedAt: at}, true},
		{"token revoked by an earlier revocation", user.Principal{UserID: "agent", Role: user.RoleSupport, PhoneVersion: 1, IssuedAt: at.Add(-time.Hour)}, true},
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

// TestRevocationCache_ReadsAdditions checks that the whole list is read once, that later
// reads begin shortly before the last one, and that ended entries are forgotten.
func TestRevocationCache_ReadsAdditions(t *testing.T) {
	f := newFixture(t)
	start := f.now
	store := &countingRevocations{RevocationStore: f}
	cache := account.NewRevocationCache(store, f.clock)
	must(f.AddRevocation(context.Background(), "sara", user.Revocation{At: start.Add(-time.Hour)}))
	must(f.AddRevocation(context.Background(), "reza", user.Revocation{At: start, Until: start.Add(20 * time.Minute)}))
	old := func(id string) user.Principal { return user.Principal{UserID: id, IssuedAt: start.Add(-2 * time.Hour)} }
	revoked := func(id string) bool {
		return apperr.Is(cache.Check(context.Background(), old(id)), apperr.TokenExpired)
	}
	for range 3 {
		f.now = f.now.Add(account.RevocationCacheTTL)
		if !revoked("sara") || !revoked("reza") || revoked("mina") {
			t.Fatal("a later read lost or added revocations")
		}
	}
	must(f.AddRevocation(context.Background(), "mina", user.Revocation{At: f.now.Add(-20 * time.Second)})) // read late
	f.now = f.now.Add(account.RevocationCacheTTL)
	if !revoked("mina") {
		t.Error("a revocation that was declared before the last read was missed")
	}
	f.now = start.Add(30 * time.Minute)
	if revoked("reza") || !revoked("sara") {
		t.Error("want the ended revocation forgotten and the other kept")
	}
	for i, since := range store.since {
		if i > 0 && f.now.Sub(since) > 31*time.Minute {
			t.Errorf("read %d: the whole list since %v", i, since)
		}
	}
}

// countingRevocations records from when on the list was read.
type countingRevocations struct {
	account.RevocationStore

	since []time.Time
}

func (s *countingRevocations) RevocationsSince(ctx context.Context, since time.Time) (account.Restrictions, error) {
	s.since = append(s.since, since)
	return s.RevocationStore.RevocationsSince(ctx, since)
}

// TestRevocationCache_CheckWrite checks that a block refuses writes until it ends, and
// nothing else.
func TestRevocationCache_CheckWrite(t *testing.T) {
	f := newFixture(t)
	rule := limit.Rule{Name: "messages-per-minute", Max: 60, Window: time.Minute}
	must(f.AddBlock(context.Background(), limit.Block{UserID: "sara", Rule: rule, At: f.now, Until: f.now.Add(time.Minute)}))
	cache := account.NewRevocationCache(f, f.clock)
	err := apperr.From(cache.CheckWrite(context.Background(), "sara"))
	if err.Code != apperr.RateLimited || err.RetryAfter != time.Minute || err.Quota.Max != 60 {
		t.Errorf("got %+v", err)
	}
	if err := cache.Check(context.Background(), user.Principal{UserID: "sara", IssuedAt: f.now.Add(-time.Minute)}); err != nil {
		t.Errorf("a read: got %v", err)
	}
	if err := cache.CheckWrite(context.Background(), "reza"); err != nil {
		t.Errorf("another user: got %v", err)
	}
	f.now = f.now.Add(time.Minute)
	if err := cache.CheckWrite(context.Background(), "sara"); err != nil {
		t.Errorf("after the end: got %v", err)
	}
}
