package conformance

import (
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/wiring"
)

// TestRevoked: the last time for each, and nothing from before the question.
func TestRevoked(t *testing.T) {
	one, other, now := newID(), newID(), wiring.Now()
	for _, at := range []time.Time{now.Add(-time.Minute), now, now.Add(-time.Hour)} {
		must(t, open().Revoke(t.Context(), one, at))
	}
	must(t, open().Revoke(t.Context(), one, now)) // the same again
	must(t, open().Revoke(t.Context(), other, now.Add(-account.RevocationLife-time.Millisecond)))
	got, err := open().Revoked(t.Context(), now.Add(-account.RevocationLife))
	must(t, err)
	if at, found := got[one]; !found || !at.Equal(now) {
		t.Errorf("got %v, %v, want %v", at, found, now)
	}
	if at, found := got[other]; found {
		t.Errorf("got one of %v, want none that old", at)
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
