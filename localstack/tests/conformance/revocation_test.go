package conformance

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/user"
)

// TestRevocationsSince checks that all revocations of each user are returned in order,
// and none from before the given time.
func TestRevocationsSince(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		one, other, now := newID(), newID(), app.Now()
		want := []user.Revocation{{At: now.Add(-time.Hour)}, {At: now.Add(-time.Minute), Role: user.RoleSupport, PhoneVersion: 1}, {At: now}, {At: now, Role: user.RoleUser, PhoneVersion: 1}}
		for n := range want {
			want[n].Until = want[n].At.Add(account.RevocationTTL).Truncate(time.Second)
		}
		for _, n := range []int{1, 3, 2, 0, 2} { // two users, one with two revocations, two at the same time
			must(t, db.open().AddRevocation(t.Context(), one, want[n]))
		}
		must(t, db.open().AddRevocation(t.Context(), other, user.Revocation{At: now.Add(-account.RevocationTTL - time.Millisecond)}))
		got, err := db.open().RevocationsSince(t.Context(), now.Add(-account.RevocationTTL))
		must(t, err)
		if !slices.Equal(got.Revocations[one], want) {
			t.Errorf("got %v, want %v", got.Revocations[one], want)
		}
		if got.Revocations[other] != nil {
			t.Errorf("got %v, want no old ones", got.Revocations[other])
		}
		got, err = db.after(account.RevocationTTL-30*time.Minute).RevocationsSince(t.Context(), now.Add(-account.RevocationTTL))
		must(t, err)
		if !slices.Equal(got.Revocations[one], want[1:]) {
			t.Errorf("got %v, want those that have not ended, %v", got.Revocations[one], want[1:])
		}
	})
}

// TestAddBlock checks that blocks are read with the revocations until they end, and that
// a repeated one is stored once.
func TestAddBlock(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		now := app.Now()
		b := limit.Block{UserID: newID(), Rule: limit.Rule{Name: "messages", Max: 60, Window: time.Minute}, At: now, Until: now.Add(time.Minute).Truncate(time.Second)}
		for range 2 {
			must(t, db.open().AddBlock(t.Context(), b))
		}
		for after, want := range map[time.Duration][]limit.Block{0: {b}, time.Minute: nil} {
			await(t, func() error {
				got, err := db.after(after).RevocationsSince(t.Context(), now.Add(-time.Minute))
				if err != nil || !slices.Equal(got.Blocks[b.UserID], want) || got.Revocations[b.UserID] != nil {
					return fmt.Errorf("after %v: got %v and revocations %v, %w, want %v", after, got.Blocks[b.UserID], got.Revocations[b.UserID], err, want)
				}
				return nil
			})
		}
	})
}

// TestCountEntries checks the sums of a minute and of a day. Entries of an earlier minute
// count to the last one, so that no minute begins twice.
func TestCountEntries(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		one, other, day := newID(), newID(), app.Now().Truncate(24*time.Hour)
		store := db.open() // knows which minutes it has begun, unlike another
		for i, c := range []struct {
			user            string
			minute, n       int
			inMinute, inDay int
		}{
			{one, 0, 2, 2, 2}, {one, 0, 3, 5, 5}, {other, 0, 1, 1, 1}, {one, 2, 4, 4, 9}, {one, 1, 1, 5, 10}, {one, 24 * 60, 1, 1, 1},
		} {
			if i == 1 {
				store = db.open()
			}
			inMinute, inDay, err := store.CountEntries(t.Context(), c.user, day.Add(time.Duration(c.minute)*time.Minute), c.n)
			if err != nil || inMinute != c.inMinute || inDay != c.inDay {
				t.Errorf("step %d: got %d and %d, %v, want %d and %d", i, inMinute, inDay, err, c.inMinute, c.inDay)
			}
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

// TestCountSession checks that a session counts once for a user and hour, and that a
// blocked login is read with the login.
func TestCountSession(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login, hour := newLogin(), app.Now().Truncate(time.Hour)
		must(t, db.open().PutAccount(t.Context(), login))
		one, two := newID(), newID()
		for i, c := range []struct {
			family string
			hour   time.Time
			want   int
		}{{one, hour, 1}, {one, hour, 1}, {two, hour, 2}, {one, hour.Add(time.Hour), 1}} {
			if got, err := db.open().CountSession(t.Context(), login.User.ID, c.family, c.hour); err != nil || got != c.want {
				t.Errorf("step %d: got %d, %v, want %d", i, got, err, c.want)
			}
		}
		until := app.Now().Add(time.Minute).Truncate(time.Second)
		for range 2 {
			must(t, db.open().BlockLogin(t.Context(), login.Phone, 50, until))
		}
		if got, found, err := db.open().Login(t.Context(), login.Phone); err != nil || !found || !got.BlockedUntil.Equal(until) || got.MaxSessions != 50 || got.Hash != login.Hash {
			t.Errorf("got %+v, %v, want blocked until %v", got, err, until)
		}
	})
}

// TestBlockLogin_FormerNumber checks that a block ends when its user leaves or gets another number, so
// that the next user of the number can log in.
func TestBlockLogin_FormerNumber(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		for name, leave := range map[string]func(l account.Login) error{
			"deleted": func(l account.Login) error {
				return db.open().DeleteUser(t.Context(), l.User, recorder.NewRecord(adminActor, audit.UserDeleted, l.User.ID, nil, nil))
			},
			"another number": func(l account.Login) error {
				session := newSession(l.User)
				must(t, db.open().CreateSession(t.Context(), session, nil))
				_, err := db.open().ChangePhone(t.Context(), account.PhoneChange{User: l.User, Phone: newPhone(), Codes: []account.OneTimeCode{storeCode(t, db, "phone")}, Session: session.Family, At: app.Now()})
				return err
			},
			"another number by an administrator": func(l account.Login) error {
				moved := l.User.WithPhone(newPhone(), "")
				return db.open().AdminUpdateUser(t.Context(), l.User, moved, nil, recorder.NewRecord(adminActor, audit.UserUpdated, l.User.ID, nil, nil))
			},
		} {
			login := newLogin()
			must(t, db.open().PutAccount(t.Context(), login))
			must(t, db.open().BlockLogin(t.Context(), login.Phone, 50, app.Now().Add(time.Minute)))
			must(t, leave(login))
			if got, found, err := db.open().Login(t.Context(), login.Phone); err != nil || found || !got.BlockedUntil.IsZero() {
				t.Errorf("%s: got blocked until %v, found %v, %v", name, got.BlockedUntil, found, err)
			}
		}
	})
}

// TestPublishKeys checks that the published keys are in each read of revocations, and that
// they are not replaced if they were published after a time.
func TestPublishKeys(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		store, now := db.isolated(), app.Now() // other tests use the keys of the table
		var sets [3]auth.PublicKeys
		for n := range sets {
			set, err := auth.NewKeySet(rand.Reader)
			must(t, err)
			sets[n] = set.Public()
		}
		for n, c := range []struct {
			at, before time.Time
			published  bool
			want       int
		}{{now, now, true, 0}, {now.Add(time.Second), now.Add(-time.Millisecond), false, 0}, {now.Add(time.Minute), now, true, 2}} {
			published, err := store.PublishKeys(t.Context(), sets[n], c.at, c.before)
			must(t, err)
			got, err := store.RevocationsSince(t.Context(), now.Add(time.Hour))
			must(t, err)
			if published != c.published || got.Keys.Encode() != sets[c.want].Encode() || len(got.Revocations[""]) > 0 {
				t.Errorf("%d: published %v, got %v, want %v", n, published, got.Keys, sets[c.want])
			}
		}
	})
}
