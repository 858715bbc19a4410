package conformance

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// kept stores a code as if it had been sent.
func kept(t *testing.T, purpose string) account.Code {
	t.Helper()
	c := newCode(purpose)
	if _, _, err := open().PutCode(t.Context(), c, c.SentAt); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResetPassword(t *testing.T) {
	login := newLogin()
	must(t, open().SaveAccount(t.Context(), login))
	var sessions []account.Session
	for range 3 {
		s := newSession(login.User)
		must(t, open().AddSession(t.Context(), s, nil))
		sessions = append(sessions, s)
	}
	login.Hash = "another"
	stale := kept(t, "reset")
	stale.Hash = "older"
	refused(t, "a code that was replaced", open().ResetPassword(t.Context(), login, stale, wiring.Now()), fault.CodeWrong)
	if _, found, err := open().Session(t.Context(), login.User.ID, sessions[0].Family); err != nil || !found {
		t.Fatalf("after a refusal: got a session %v, %v", found, err)
	}
	code, at := kept(t, "reset"), wiring.Now()
	must(t, open().ResetPassword(t.Context(), login, code, at))
	refused(t, "the code again", open().ResetPassword(t.Context(), login, code, at), fault.CodeWrong)
	got, _, err := open().Login(t.Context(), login.Phone)
	must(t, err)
	same(t, "login", got, login)
	for _, s := range sessions {
		if _, found, err := open().Session(t.Context(), login.User.ID, s.Family); err != nil || found {
			t.Errorf("a session of before: got %v, %v", found, err)
		}
	}
	revoked, err := open().Revoked(t.Context(), at)
	if all := revoked[login.User.ID]; err != nil || len(all) != 1 || all[0] != (user.Revocation{At: at}) {
		t.Errorf("got %v, %v, want %v", revoked[login.User.ID], err, at)
	}
}

func TestVerifyEmail(t *testing.T) {
	login := newLogin()
	login.User.EmailVerified = false
	must(t, open().SaveAccount(t.Context(), login))
	code := kept(t, "email")
	_, err := open().VerifyEmail(t.Context(), login.User.ID, "another@example.com", code)
	refused(t, "another address", err, fault.CodeWrong)
	got, err := open().VerifyEmail(t.Context(), login.User.ID, login.User.Email, code)
	must(t, err)
	login.User.EmailVerified = true
	same(t, "user", got, login.User)
	_, err = open().VerifyEmail(t.Context(), login.User.ID, login.User.Email, code)
	refused(t, "the code again", err, fault.CodeWrong)
}

func TestMovePhone(t *testing.T) {
	login, other := newLogin(), newLogin()
	must(t, open().SaveAccount(t.Context(), login))
	must(t, open().SaveAccount(t.Context(), other))
	_, err := open().MovePhone(t.Context(), login.User, other.Phone, kept(t, "phone"))
	refused(t, "a taken number", err, fault.PhoneTaken)
	_, err = open().MovePhone(t.Context(), login.User, newNumber(), newCode("phone"))
	refused(t, "no such code", err, fault.CodeWrong)
	was, number := login.User, newNumber()
	got, err := open().MovePhone(t.Context(), was, number, kept(t, "phone"))
	must(t, err)
	login.Phone, login.User.Phone = number, number
	same(t, "user", got, login.User)
	held, found, err := open().Login(t.Context(), number)
	if err != nil || !found {
		t.Fatalf("the new login: got %v, %v", found, err)
	}
	same(t, "login", held, login)
	if _, found, err := open().Login(t.Context(), was.Phone); err != nil || found {
		t.Errorf("the old login: got %v, %v", found, err)
	}
	_, err = open().MovePhone(t.Context(), was, newNumber(), kept(t, "phone"))
	refused(t, "as somebody who has moved", err, fault.Conflict)
}

// TestMovesToOneNumber: of many people who want one number at one moment
// exactly one gets it, and the others keep theirs.
func TestMovesToOneNumber(t *testing.T) {
	number := newNumber()
	var logins []account.Login
	for range 8 {
		l := newLogin()
		must(t, open().SaveAccount(t.Context(), l))
		logins = append(logins, l)
	}
	var wait sync.WaitGroup
	var moved atomic.Int32
	for _, l := range logins {
		code := kept(t, "phone")
		wait.Go(func() {
			_, err := open().MovePhone(t.Context(), l.User, number, code)
			switch {
			case err == nil:
				moved.Add(1)
			case !fault.Is(err, fault.PhoneTaken) && !fault.Is(err, fault.Conflict):
				t.Errorf("got %v", err)
			}
		})
	}
	wait.Wait()
	if moved.Load() != 1 {
		t.Errorf("%d have moved, want 1", moved.Load())
	}
	for _, l := range logins {
		u, err := open().User(t.Context(), l.User.ID)
		must(t, err)
		held, found, err := open().Login(t.Context(), u.Phone)
		if err != nil || !found || held.User.ID != u.ID {
			t.Errorf("%s: the login is %s's, found %v, %v", u.Phone, held.User.ID, found, err)
		}
	}
}

func TestSessionPages(t *testing.T) {
	owner := newLogin().User
	var want []string
	for range 5 {
		s := newSession(owner)
		must(t, open().AddSession(t.Context(), s, nil))
		want = append([]string{s.Family}, want...)
	}
	dead := newSession(owner)
	dead.ExpiresAt = wiring.Now().Add(-time.Minute)
	must(t, open().AddSession(t.Context(), dead, nil))
	if ended, err := open().EndSession(t.Context(), owner.ID, dead.Family, ""); err != nil || ended {
		t.Errorf("an expired one: got ended %v, %v", ended, err)
	}
	must(t, open().AddSession(t.Context(), dead, nil))
	var got []string
	after, more := "", true
	for more {
		page, next, err := open().Sessions(t.Context(), owner.ID, after, 2)
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

// TestTouchSession keeps one alive and makes none anew.
func TestTouchSession(t *testing.T) {
	s, now := newSession(newLogin().User), wiring.Now().Add(time.Hour)
	must(t, open().AddSession(t.Context(), s, nil))
	must(t, open().TouchSession(t.Context(), s.User.ID, s.Family, now))
	s.LastUsedAt, s.ExpiresAt = now, now.Add(account.SessionLife).Truncate(time.Second)
	got, _, err := open().Session(t.Context(), s.User.ID, s.Family)
	must(t, err)
	same(t, "session", got, s)
	none := newID()
	must(t, open().TouchSession(t.Context(), s.User.ID, none, now))
	if _, found, err := open().Session(t.Context(), s.User.ID, none); err != nil || found {
		t.Errorf("an ended one: got %v, %v", found, err)
	}
}
