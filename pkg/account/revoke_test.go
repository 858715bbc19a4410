package account

import (
	"context"
	"errors"
	"testing"
	"time"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
)

// TestRevocations: what was issued until then is void, what is issued later is
// not, and neither is anything of anybody else.
func TestRevocations(t *testing.T) {
	o := newOffice(t)
	at := o.now
	o.revoked = map[string][]user.Revocation{
		"sara": {{At: at}}, "family": {{At: at}}, "long ago": {{At: at.Add(-RevocationLife)}},
		"agent": {{At: at.Add(-time.Minute)}, {At: at, Role: user.RoleSupport, Phone: "+1"}},
	}
	r := NewRevocations(o, o.desk.Now)
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
		if err := r.Check(context.Background(), c.who); fault.Is(err, fault.TokenExpired) != c.void || !c.void && err != nil {
			t.Errorf("%s: got %v, want void %v", c.name, err, c.void)
		}
	}
}

// TestRevocationsAreReadSeldom: once in five seconds, however many ask.
func TestRevocationsAreReadSeldom(t *testing.T) {
	o := newOffice(t)
	r := NewRevocations(o, o.desk.Now)
	sara := user.Principal{UserID: "sara", IssuedAt: o.now}
	check := func(want error) {
		t.Helper()
		if err := r.Check(context.Background(), sara); !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
	check(nil)
	if err := o.desk.Store.Revoke(context.Background(), "sara", user.Revocation{At: o.now}); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(revokedAge - time.Millisecond)
	check(nil)
	if o.revokedReads != 1 {
		t.Errorf("got %d reads within %v, want 1", o.revokedReads, revokedAge)
	}
	o.now = o.now.Add(time.Millisecond)
	if err := r.Check(context.Background(), sara); !fault.Is(err, fault.TokenExpired) {
		t.Errorf("after %v: got %v, want token_expired", revokedAge, err)
	}
	o.noTable, o.now = errors.New("no answer"), o.now.Add(revokedAge)
	check(o.noTable)
}
