package conformance

import (
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

func newSession(u user.User) account.Session {
	now := app.Now()
	return account.Session{
		Family: newID(), CurrentHash: newID(), UserAgent: "Firefox", CreatedAt: now, LastUsedAt: now,
		ExpiresAt: now.Add(account.SessionTTL).Truncate(time.Second), User: u,
	}
}

func TestCreateSession_ConsumesCode(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login, code := newLogin(), newCode("login")
		if err := db.open().PutCode(t.Context(), code); err != nil {
			t.Fatal(err)
		}
		must(t, db.open().CreateSession(t.Context(), newSession(login.User), &code))
		second := newSession(login.User)
		wantCode(t, "code used again", db.open().CreateSession(t.Context(), second, &code), apperr.CodeWrong)
		if _, _, found, err := db.open().RotateSession(t.Context(), login.User.ID, second.Family, "x", "y", app.Now()); err != nil || found {
			t.Errorf("the second session: got found %v, %v", found, err)
		}
	})
}

func TestRotateSession(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		want := newSession(newLogin().User)
		must(t, db.open().CreateSession(t.Context(), want, nil))
		now := app.Now().Add(time.Minute)
		got, rotated, found, err := db.open().RotateSession(t.Context(), want.User.ID, want.Family, want.CurrentHash, "next", now)
		if err != nil || !rotated || !found {
			t.Fatalf("got rotated %v, found %v, %v", rotated, found, err)
		}
		want.PreviousHash, want.CurrentHash, want.RotatedAt, want.LastUsedAt = want.CurrentHash, "next", now, now
		want.ExpiresAt = now.Add(account.SessionTTL).Truncate(time.Second)
		equal(t, "session", got, want)
		got, rotated, found, err = db.open().RotateSession(t.Context(), want.User.ID, want.Family, "another", "token after next", now.Add(time.Second))
		if err != nil || rotated || !found {
			t.Fatalf("not the current token: got rotated %v, found %v, %v", rotated, found, err)
		}
		equal(t, "the stored session", got, want)
		if _, rotated, _, err := db.open().RotateSession(t.Context(), want.User.ID, want.Family, "next", "x", now.Add(account.SessionTTL+time.Second)); err != nil || rotated {
			t.Errorf("after expiry: got rotated %v, %v", rotated, err)
		}
		if _, rotated, found, err := db.open().RotateSession(t.Context(), want.User.ID, newID(), "x", "y", now); err != nil || rotated || found {
			t.Errorf("no session: got rotated %v, found %v, %v", rotated, found, err)
		}
	})
}

// TestEndSession checks that only its owner ends a session, and that exactly the ended
// sessions are revoked.
func TestEndSession(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		owner := newLogin().User
		for _, c := range []struct {
			name, userID string
			ended        bool
		}{
			{"by owner", owner.ID, true},
			{"by another user", newID(), false},
		} {
			s := newSession(owner)
			must(t, db.open().CreateSession(t.Context(), s, nil))
			for range 2 { // deleting a deleted session is no error
				_, err := db.open().EndSession(t.Context(), c.userID, s.Family, app.Now())
				must(t, err)
			}
			revoked, err := db.open().RevocationsSince(t.Context(), app.Now().Add(-time.Minute))
			must(t, err)
			all := revoked.Revocations[s.Family]
			if (len(all) == 1) != c.ended {
				t.Errorf("%s: got revocations %v, want ended %v", c.name, all, c.ended)
			}
			if c.ended && all[0].Until.After(app.Now().Add(account.SessionRevocationTTL)) {
				t.Errorf("%s: the revocation ends at %v, later than every access token", c.name, all[0].Until)
			}
			if _, _, found, err := db.open().RotateSession(t.Context(), owner.ID, s.Family, "x", "y", app.Now()); err != nil || found == c.ended {
				t.Errorf("%s: got found %v, %v, want ended %v", c.name, found, err, c.ended)
			}
		}
	})
}
