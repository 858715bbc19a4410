package conformance

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// storeCode stores a code as if it had been sent.
func storeCode(t *testing.T, db backend, purpose string) account.OneTimeCode {
	t.Helper()
	c := newCode(purpose)
	if err := db.open().PutCode(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResetPassword(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login := newLogin()
		must(t, db.open().PutAccount(t.Context(), login))
		var sessions []account.Session
		for range 3 {
			s := newSession(login.User)
			must(t, db.open().CreateSession(t.Context(), s, nil))
			sessions = append(sessions, s)
		}
		login.Hash = "another"
		stale := storeCode(t, db, "reset")
		stale.ID = "older"
		wantCode(t, "a replaced code", db.open().ResetPassword(t.Context(), login, stale, app.Now()), apperr.CodeWrong)
		if _, found, err := db.open().Session(t.Context(), login.User.ID, sessions[0].Family); err != nil || !found {
			t.Fatalf("after a rejection: got a session %v, %v", found, err)
		}
		code, at := storeCode(t, db, "reset"), app.Now()
		must(t, db.open().ResetPassword(t.Context(), login, code, at))
		wantCode(t, "the code again", db.open().ResetPassword(t.Context(), login, code, at), apperr.CodeWrong)
		got, _, err := db.open().Login(t.Context(), login.Phone)
		must(t, err)
		login.User.PasswordVersion++
		equal(t, "login", got, login)
		u, err := db.open().User(t.Context(), login.User.ID)
		must(t, err)
		equal(t, "user", u, login.User)
		for _, s := range sessions {
			if _, found, err := db.open().Session(t.Context(), login.User.ID, s.Family); err != nil || found {
				t.Errorf("an old session: got %v, %v", found, err)
			}
		}
		revoked, err := db.open().RevocationsSince(t.Context(), at)
		if all := revoked.Revocations[login.User.ID]; err != nil || len(all) != 1 || all[0] != (user.Revocation{At: at, Until: at.Add(account.RevocationTTL).Truncate(time.Second)}) {
			t.Errorf("got %v, %v, want %v", all, err, at)
		}
	})
}

// TestResetPassword_ChangedUser checks that a password is not reset if the user became staff, was
// disabled or got another password since the login was read.
func TestResetPassword_ChangedUser(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		for name, change := range map[string]func(u *user.User){
			"promoted":     func(u *user.User) { u.Role = user.RoleSupport },
			"disabled":     func(u *user.User) { u.Disabled = true },
			"new password": func(u *user.User) { u.PasswordVersion++ },
		} {
			login := newLogin()
			login.User.Role = user.RoleUser
			must(t, db.open().PutAccount(t.Context(), login))
			changed := login.User
			change(&changed)
			must(t, db.open().AdminUpdateUser(t.Context(), login.User, changed, nil, audit.Record{ID: newID(), At: app.Now()}))
			reset := login
			reset.Hash = "another"
			wantCode(t, name, db.open().ResetPassword(t.Context(), reset, storeCode(t, db, "reset"), app.Now()), apperr.Conflict)
			got, _, err := db.open().Login(t.Context(), login.Phone)
			must(t, err)
			equal(t, name+": hash", got.Hash, login.Hash)
		}
	})
}

// TestAdminUpdateUser_NewPassword checks that the write of a new password ends the sessions and
// tokens from before, so that a crash after it leaves none, and that other updates end none.
func TestAdminUpdateUser_NewPassword(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		for name, change := range map[string]func(u *user.User){
			"new password": func(u *user.User) { u.PasswordVersion++ },
			"new name":     func(u *user.User) { u.Name = "Reza" },
		} {
			store, login := db.open(), newLogin()
			must(t, store.PutAccount(t.Context(), login))
			session, before := newSession(login.User), login.User.Principal("")
			before.IssuedAt = app.Now()
			must(t, store.CreateSession(t.Context(), session, nil))
			changed, hash := login.User, "another"
			change(&changed)
			must(t, store.AdminUpdateUser(t.Context(), login.User, changed, &hash, recorder.NewRecord(adminActor, audit.UserUpdated, changed.ID, nil, nil)))
			_, found, err := store.Session(t.Context(), changed.ID, session.Family)
			must(t, err)
			ends := changed.PasswordVersion > login.User.PasswordVersion
			equal(t, name+": session is left", found, !ends)
			err = account.NewRevocationCache(store, app.Now).Check(t.Context(), before)
			equal(t, name+": token is revoked", apperr.Is(err, apperr.TokenExpired), ends)
		}
	})
}

// TestAdminUpdateUser_Proof checks that a change by an administrator uses up the codes that prove it.
func TestAdminUpdateUser_Proof(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login := newLogin()
		must(t, db.open().PutAccount(t.Context(), login))
		named, code := login.User, storeCode(t, db, "phone")
		update := func(name string) error {
			named.Name = name
			r := recorder.NewRecord(adminActor, audit.UserUpdated, named.ID, nil, nil)
			return db.open().AdminUpdateUser(t.Context(), login.User, named, nil, r, code)
		}
		must(t, update("Reza"))
		wantCode(t, "the code again", update("Nima"), apperr.CodeWrong)
		u, err := db.open().User(t.Context(), named.ID)
		must(t, err)
		equal(t, "name", u.Name, "Reza")
	})
}

func TestVerifyEmail(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login := newLogin()
		login.User.EmailVerified = false
		must(t, db.open().PutAccount(t.Context(), login))
		must(t, db.open().Suppress(t.Context(), notification.MailFeedback{Address: strings.ToUpper(login.User.Email), Reason: "bounce"}))
		code := storeCode(t, db, "email")
		_, err := db.open().VerifyEmail(t.Context(), login.User.ID, "another@example.com", code)
		wantCode(t, "another address", err, apperr.CodeWrong)
		got, err := db.open().VerifyEmail(t.Context(), login.User.ID, login.User.Email, code)
		must(t, err)
		login.User.EmailVerified = true
		equal(t, "user", got, login.User)
		suppressed, err := db.open().IsSuppressed(t.Context(), login.User.Email)
		must(t, err)
		equal(t, "suppressed after a confirmation", suppressed, false)
		_, err = db.open().VerifyEmail(t.Context(), login.User.ID, login.User.Email, code)
		wantCode(t, "the code again", err, apperr.CodeWrong)
	})
}

func TestChangePhone(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		login, other := newLogin(), newLogin()
		must(t, db.open().PutAccount(t.Context(), login))
		must(t, db.open().PutAccount(t.Context(), other))
		kept, ended, foreign := newSession(login.User), newSession(login.User), newSession(other.User)
		for _, s := range []account.Session{kept, ended, foreign} {
			must(t, db.open().CreateSession(t.Context(), s, nil))
		}
		at := app.Now()
		change := func(u user.User, phone string, codes ...account.OneTimeCode) (user.User, error) {
			return db.open().ChangePhone(t.Context(), account.PhoneChange{User: u, Phone: phone, Codes: codes, Session: kept.Family, At: at})
		}
		_, err := change(login.User, other.Phone, storeCode(t, db, "phone"))
		wantCode(t, "a taken phone number", err, apperr.PhoneTaken)
		_, err = change(login.User, newPhone(), storeCode(t, db, "phone"), newCode("phone"))
		wantCode(t, "no such code", err, apperr.CodeWrong)
		_, err = db.open().ChangePhone(t.Context(), account.PhoneChange{User: login.User, Phone: newPhone(), Codes: []account.OneTimeCode{storeCode(t, db, "phone")}, Session: newID(), At: at})
		wantCode(t, "an ended session", err, apperr.SessionEnded)
		was, phone := login.User, newPhone()
		got, err := change(was, phone, storeCode(t, db, "phone"), storeCode(t, db, "phone"))
		must(t, err)
		login.Phone, login.User = phone, login.User.WithPhone(phone, kept.Family)
		for _, s := range []account.Session{kept, ended, foreign} {
			stored, found, err := db.open().Session(t.Context(), s.User.ID, s.Family)
			must(t, err)
			equal(t, "session stays", found, s != ended)
			if s == kept {
				equal(t, "user of the session", stored.User, login.User)
			}
		}
		await(t, func() error {
			revoked, err := db.open().RevocationsSince(t.Context(), at)
			if all := revoked.Revocations[was.ID]; len(all) != 1 || !all[0].At.Equal(at) || all[0].Role != was.Role || all[0].PhoneVersion != 1 {
				return fmt.Errorf("got %+v, %w, want one revocation", all, err)
			}
			return nil
		})
		equal(t, "user", got, login.User)
		existing, found, err := db.open().Login(t.Context(), phone)
		if err != nil || !found {
			t.Fatalf("new login: got %v, %v", found, err)
		}
		equal(t, "login", existing, login)
		if _, found, err := db.open().Login(t.Context(), was.Phone); err != nil || found {
			t.Errorf("old login: got %v, %v", found, err)
		}
		_, err = change(was, newPhone(), storeCode(t, db, "phone"))
		wantCode(t, "with an outdated user", err, apperr.Conflict)
	})
}

// TestChangePhone_Race changes the phone numbers of many users to one number
// concurrently. Exactly one succeeds; the others keep theirs.
func TestChangePhone_Race(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		phone := newPhone()
		var logins []account.Login
		for range 8 {
			l := newLogin()
			must(t, db.open().PutAccount(t.Context(), l))
			logins = append(logins, l)
		}
		var wg sync.WaitGroup
		var moved atomic.Int32
		for _, l := range logins {
			code, session := storeCode(t, db, "phone"), newSession(l.User)
			must(t, db.open().CreateSession(t.Context(), session, nil))
			wg.Go(func() {
				_, err := db.open().ChangePhone(t.Context(), account.PhoneChange{User: l.User, Phone: phone, Codes: []account.OneTimeCode{code}, Session: session.Family, At: app.Now()})
				switch {
				case err == nil:
					moved.Add(1)
				case !apperr.Is(err, apperr.PhoneTaken) && !apperr.Is(err, apperr.Conflict):
					t.Errorf("got %v", err)
				}
			})
		}
		wg.Wait()
		if moved.Load() != 1 {
			t.Errorf("%d changed, want 1", moved.Load())
		}
		for _, l := range logins {
			u, err := db.open().User(t.Context(), l.User.ID)
			must(t, err)
			existing, found, err := db.open().Login(t.Context(), u.Phone)
			if err != nil || !found || existing.User.ID != u.ID {
				t.Errorf("%s: the login is %s's, found %v, %v", u.Phone, existing.User.ID, found, err)
			}
		}
	})
}

func TestSessions_Pagination(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		owner := newLogin().User
		var want []string
		for range 5 {
			s := newSession(owner)
			must(t, db.open().CreateSession(t.Context(), s, nil))
			want = append([]string{s.Family}, want...)
		}
		expired := newSession(owner)
		expired.ExpiresAt = app.Now().Add(-time.Minute)
		must(t, db.open().CreateSession(t.Context(), expired, nil))
		if ended, err := db.open().EndSession(t.Context(), owner.ID, expired.Family, app.Now()); err != nil || ended {
			t.Errorf("an expired one: got ended %v, %v", ended, err)
		}
		must(t, db.open().CreateSession(t.Context(), expired, nil))
		for range 4 { // newer than the others, and more than a page
			expired := newSession(owner)
			expired.ExpiresAt = app.Now().Add(-time.Minute)
			must(t, db.open().CreateSession(t.Context(), expired, nil))
		}
		var got []string
		after, more := "", true
		for more {
			page, next, err := db.open().ListSessions(t.Context(), owner.ID, after, 2)
			must(t, err)
			for _, s := range page {
				got = append(got, s.Family)
			}
			if more = next; more {
				after = got[len(got)-1]
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestTouchSession checks that it extends a session and creates none.
func TestTouchSession(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		s, now := newSession(newLogin().User), app.Now().Add(time.Hour)
		must(t, db.open().CreateSession(t.Context(), s, nil))
		must(t, db.open().TouchSession(t.Context(), s.User.ID, s.Family, now))
		s.LastUsedAt, s.ExpiresAt = now, now.Add(account.SessionTTL).Truncate(time.Second)
		got, _, err := db.open().Session(t.Context(), s.User.ID, s.Family)
		must(t, err)
		equal(t, "session", got, s)
		none := newID()
		must(t, db.open().TouchSession(t.Context(), s.User.ID, none, now))
		if _, found, err := db.open().Session(t.Context(), s.User.ID, none); err != nil || found {
			t.Errorf("a deleted one: got %v, %v", found, err)
		}
	})
}
