package conformance

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// storeCode stores a code as if it had been sent.
func storeCode(t *testing.T, purpose string) account.OneTimeCode {
	t.Helper()
	c := newCode(purpose)
	if _, _, err := openStore().PutCode(t.Context(), c, c.SentAt); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResetPassword(t *testing.T) {
	login := newLogin()
	must(t, openStore().PutAccount(t.Context(), login))
	var sessions []account.Session
	for range 3 {
		s := newSession(login.User)
		must(t, openStore().CreateSession(t.Context(), s, nil))
		sessions = append(sessions, s)
	}
	login.Hash = "another"
	stale := storeCode(t, "reset")
	stale.Hash = "older"
	wantCode(t, "a replaced code", openStore().ResetPassword(t.Context(), login, stale, app.Now()), apperr.CodeWrong)
	if _, found, err := openStore().Session(t.Context(), login.User.ID, sessions[0].Family); err != nil || !found {
		t.Fatalf("after a rejection: got a session %v, %v", found, err)
	}
	code, at := storeCode(t, "reset"), app.Now()
	must(t, openStore().ResetPassword(t.Context(), login, code, at))
	wantCode(t, "the code again", openStore().ResetPassword(t.Context(), login, code, at), apperr.CodeWrong)
	got, _, err := openStore().Login(t.Context(), login.Phone)
	must(t, err)
	equal(t, "login", got, login)
	for _, s := range sessions {
		if _, found, err := openStore().Session(t.Context(), login.User.ID, s.Family); err != nil || found {
			t.Errorf("an old session: got %v, %v", found, err)
		}
	}
	revoked, err := openStore().RevocationsSince(t.Context(), at)
	if all := revoked[login.User.ID]; err != nil || len(all) != 1 || all[0] != (user.Revocation{At: at}) {
		t.Errorf("got %v, %v, want %v", revoked[login.User.ID], err, at)
	}
}

func TestVerifyEmail(t *testing.T) {
	login := newLogin()
	login.User.EmailVerified = false
	must(t, openStore().PutAccount(t.Context(), login))
	code := storeCode(t, "email")
	_, err := openStore().VerifyEmail(t.Context(), login.User.ID, "another@example.com", code)
	wantCode(t, "another address", err, apperr.CodeWrong)
	got, err := openStore().VerifyEmail(t.Context(), login.User.ID, login.User.Email, code)
	must(t, err)
	login.User.EmailVerified = true
	equal(t, "user", got, login.User)
	_, err = openStore().VerifyEmail(t.Context(), login.User.ID, login.User.Email, code)
	wantCode(t, "the code again", err, apperr.CodeWrong)
}

func TestChangePhone(t *testing.T) {
	login, other := newLogin(), newLogin()
	must(t, openStore().PutAccount(t.Context(), login))
	must(t, openStore().PutAccount(t.Context(), other))
	_, err := openStore().ChangePhone(t.Context(), login.User, other.Phone, storeCode(t, "phone"))
	wantCode(t, "a taken phone number", err, apperr.PhoneTaken)
	_, err = openStore().ChangePhone(t.Context(), login.User, newPhone(), newCode("phone"))
	wantCode(t, "no such code", err, apperr.CodeWrong)
	was, phone := login.User, newPhone()
	got, err := openStore().ChangePhone(t.Context(), was, phone, storeCode(t, "phone"))
	must(t, err)
	login.Phone, login.User.Phone = phone, phone
	equal(t, "user", got, login.User)
	existing, found, err := openStore().Login(t.Context(), phone)
	if err != nil || !found {
		t.Fatalf("new login: got %v, %v", found, err)
	}
	equal(t, "login", existing, login)
	if _, found, err := openStore().Login(t.Context(), was.Phone); err != nil || found {
		t.Errorf("old login: got %v, %v", found, err)
	}
	_, err = openStore().ChangePhone(t.Context(), was, newPhone(), storeCode(t, "phone"))
	wantCode(t, "with an outdated user", err, apperr.Conflict)
}

// TestChangePhone_Race changes the phone numbers of many users to one number
// concurrently. Exactly one succeeds; the others keep theirs.
func TestChangePhone_Race(t *testing.T) {
	phone := newPhone()
	var logins []account.Login
	for range 8 {
		l := newLogin()
		must(t, openStore().PutAccount(t.Context(), l))
		logins = append(logins, l)
	}
	var wg sync.WaitGroup
	var moved atomic.Int32
	for _, l := range logins {
		code := storeCode(t, "phone")
		wg.Go(func() {
			_, err := openStore().ChangePhone(t.Context(), l.User, phone, code)
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
		u, err := openStore().User(t.Context(), l.User.ID)
		must(t, err)
		existing, found, err := openStore().Login(t.Context(), u.Phone)
		if err != nil || !found || existing.User.ID != u.ID {
			t.Errorf("%s: the login is %s's, found %v, %v", u.Phone, existing.User.ID, found, err)
		}
	}
}

func TestSessions_Pagination(t *testing.T) {
	owner := newLogin().User
	var want []string
	for range 5 {
		s := newSession(owner)
		must(t, openStore().CreateSession(t.Context(), s, nil))
		want = append([]string{s.Family}, want...)
	}
	expired := newSession(owner)
	expired.ExpiresAt = app.Now().Add(-time.Minute)
	must(t, openStore().CreateSession(t.Context(), expired, nil))
	if ended, err := openStore().DeleteSession(t.Context(), owner.ID, expired.Family, ""); err != nil || ended {
		t.Errorf("an expired one: got ended %v, %v", ended, err)
	}
	must(t, openStore().CreateSession(t.Context(), expired, nil))
	var got []string
	after, more := "", true
	for more {
		page, next, err := openStore().ListSessions(t.Context(), owner.ID, after, 2)
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
}

// TestTouchSession checks that it extends a session and creates none.
func TestTouchSession(t *testing.T) {
	s, now := newSession(newLogin().User), app.Now().Add(time.Hour)
	must(t, openStore().CreateSession(t.Context(), s, nil))
	must(t, openStore().TouchSession(t.Context(), s.User.ID, s.Family, now))
	s.LastUsedAt, s.ExpiresAt = now, now.Add(account.SessionTTL).Truncate(time.Second)
	got, _, err := openStore().Session(t.Context(), s.User.ID, s.Family)
	must(t, err)
	equal(t, "session", got, s)
	none := newID()
	must(t, openStore().TouchSession(t.Context(), s.User.ID, none, now))
	if _, found, err := openStore().Session(t.Context(), s.User.ID, none); err != nil || found {
		t.Errorf("a deleted one: got %v, %v", found, err)
	}
}
