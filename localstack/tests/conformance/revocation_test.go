package conformance

import (
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/user"
)

// TestRevocationsSince checks that all revocations of each user are returned in order,
// and none from before the given time.
func TestRevocationsSince(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		one, other, now := newID(), newID(), app.Now()
		want := []user.Revocation{{At: now.Add(-time.Hour)}, {At: now.Add(-time.Minute), Role: user.RoleSupport, Phone: "+989121111111"}, {At: now}, {At: now, Role: user.RoleUser, Phone: "+989121111111"}}
		for _, n := range []int{1, 3, 2, 0, 2} { // two users, one with two revocations, two at the same time
			must(t, db.open().AddRevocation(t.Context(), one, want[n]))
		}
		must(t, db.open().AddRevocation(t.Context(), other, user.Revocation{At: now.Add(-account.RevocationTTL - time.Millisecond)}))
		got, err := db.open().RevocationsSince(t.Context(), now.Add(-account.RevocationTTL))
		must(t, err)
		if !slices.Equal(got[one], want) {
			t.Errorf("got %v, want %v", got[one], want)
		}
		if got[other] != nil {
			t.Errorf("got %v, want no old ones", got[other])
		}
	})
}

func TestDeleteSessions(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login, other := newLogin().User, newSession(newLogin().User)
		must(t, db.open().CreateSession(t.Context(), other, nil))
		var sessions []account.Session
		for range 3 {
			s := newSession(login)
			must(t, db.open().CreateSession(t.Context(), s, nil))
			sessions = append(sessions, s)
		}
		for range 2 { // no sessions to delete
			must(t, db.open().DeleteSessions(t.Context(), login.ID))
		}
		for _, s := range sessions {
			if _, _, found, err := db.open().RotateSession(t.Context(), login.ID, s.Family, s.CurrentHash, "next", app.Now()); err != nil || found {
				t.Errorf("got found %v, %v", found, err)
			}
		}
		if _, rotated, _, err := db.open().RotateSession(t.Context(), other.User.ID, other.Family, other.CurrentHash, "next", app.Now()); err != nil || !rotated {
			t.Errorf("another user: got rotated %v, %v", rotated, err)
		}
	})
}
