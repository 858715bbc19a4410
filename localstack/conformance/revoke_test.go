package conformance

import (
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// TestRevoked: all of each in their order, and nothing from before the question.
func TestRevoked(t *testing.T) {
	one, other, now := newID(), newID(), wiring.Now()
	want := []user.Revocation{{At: now.Add(-time.Hour)}, {At: now.Add(-time.Minute), Role: user.RoleSupport, Phone: "+989121111111"}, {At: now}, {At: now, Role: user.RoleUser, Phone: "+989121111111"}}
	for _, n := range []int{1, 3, 2, 0, 2} { // one twice, two at once
		must(t, open().Revoke(t.Context(), one, want[n]))
	}
	must(t, open().Revoke(t.Context(), other, user.Revocation{At: now.Add(-account.RevocationLife - time.Millisecond)}))
	got, err := open().Revoked(t.Context(), now.Add(-account.RevocationLife))
	must(t, err)
	if !slices.Equal(got[one], want) {
		t.Errorf("got %v, want %v", got[one], want)
	}
	if got[other] != nil {
		t.Errorf("got %v, want none that old", got[other])
	}
}

func TestEndSessions(t *testing.T) {
	login, bystander := newLogin().User, newSession(newLogin().User)
	must(t, open().AddSession(t.Context(), bystander, nil))
	var sessions []account.Session
	for range 3 {
		s := newSession(login)
		must(t, open().AddSession(t.Context(), s, nil))
		sessions = append(sessions, s)
	}
	for range 2 { // who has none has none
		must(t, open().EndSessions(t.Context(), login.ID))
	}
	for _, s := range sessions {
		if _, _, found, err := open().Rotate(t.Context(), login.ID, s.Family, s.Current, "next", wiring.Now()); err != nil || found {
			t.Errorf("got found %v, %v", found, err)
		}
	}
	if _, rotated, _, err := open().Rotate(t.Context(), bystander.User.ID, bystander.Family, bystander.Current, "next", wiring.Now()); err != nil || !rotated {
		t.Errorf("another person: got rotated %v, %v", rotated, err)
	}
}
