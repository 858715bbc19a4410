package conformance

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/user"
)

// TestSignUp_Concurrent checks that 20 concurrent sign-ups with the right code create
// one account.
func TestSignUp_Concurrent(t *testing.T) {
	t.Parallel()
	phone := newPhone()
	a := newAccounts(t, openStore())
	code := a.requestCode(t, phone, account.PurposeSignUp)
	tokens := make(chan account.Tokens, 20)
	byCode := concurrently(20, func(int) error {
		got, err := a.SignUp(t.Context(), phone, password, account.CodeInput{Digits: code}, "Sara", a.caller)
		if err == nil {
			tokens <- got
		}
		return err
	})
	if byCode[""] != 1 || byCode[""]+byCode[apperr.PhoneTaken]+byCode[apperr.CodeLocked]+byCode[apperr.CodeWrong] != 20 {
		t.Fatalf("got %v, want one account, and code or phone errors", byCode)
	}
	created := (<-tokens).User
	if got, err := a.LogIn(t.Context(), phone, password, a.caller); err != nil || got.User != created {
		t.Errorf("login: got %+v, %v, want %+v", got.User, err, created)
	}
	if got, err := openStore().User(t.Context(), created.ID); err != nil || got != created {
		t.Errorf("user: got %+v, %v", got, err)
	}
}

// TestSignUp_CodeAttemptLimit checks that at most five codes are compared, however many
// arrive at once, and that the right code is then locked too.
func TestSignUp_CodeAttemptLimit(t *testing.T) {
	phone := newPhone()
	a := newAccounts(t, openStore())
	code := a.requestCode(t, phone, account.PurposeSignUp)
	byCode := concurrently(50, func(i int) error {
		guess := fmt.Sprintf("%06d", i)
		if guess == code {
			guess = "999999"
		}
		_, err := a.SignUp(t.Context(), phone, password, account.CodeInput{Digits: guess}, "Sara", a.caller)
		return err
	})
	if byCode[apperr.CodeWrong] != 5 || byCode[apperr.CodeLocked] != 45 {
		t.Errorf("got %v, want 5 wrong and 45 locked", byCode)
	}
	_, err := a.SignUp(t.Context(), phone, password, account.CodeInput{Digits: code}, "Sara", a.caller)
	wantCode(t, "the right code", err, apperr.CodeLocked)
}

// TestLogInByCode_SingleUse checks that a code works once, also with concurrent logins.
func TestLogInByCode_SingleUse(t *testing.T) {
	phone := newPhone()
	a := newAccounts(t, openStore())
	a.signUp(t, phone)
	code := a.requestCode(t, phone, account.PurposeLogin)
	byCode := concurrently(5, func(int) error {
		_, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: code}, a.caller)
		return err
	})
	if byCode[""] != 1 || byCode[apperr.CodeWrong]+byCode[apperr.Conflict] != 4 {
		t.Errorf("got %v, want one login", byCode)
	}
}

// TestRefresh_Concurrent checks that 20 concurrent refreshes of one token return the
// same successor, which works.
func TestRefresh_Concurrent(t *testing.T) {
	a := newAccounts(t, openStore()).at(app.Now())
	first := a.signUp(t, newPhone())
	successors := make(chan string, 20)
	byCode := concurrently(20, func(int) error {
		got, err := a.Refresh(t.Context(), first.Refresh)
		successors <- got.Refresh
		return err
	})
	if byCode[""] != 20 {
		t.Fatalf("got %v, want 20 successes", byCode)
	}
	next := <-successors
	for range 19 {
		if other := <-successors; other != next || other == first.Refresh {
			t.Error("the successors differ")
		}
	}
	if _, err := a.Refresh(t.Context(), next); err != nil {
		t.Errorf("the successor: got %v", err)
	}
}

// TestRefresh_ReuseEndsFamily checks that a token from before the last rotation, or one
// repeated after the grace period, ends the session for all holders.
func TestRefresh_ReuseEndsFamily(t *testing.T) {
	for name, c := range map[string]struct {
		rotations int
		wait      time.Duration
		ended     bool
	}{
		"last token, within the grace period": {1, 9 * time.Second, false},
		"last token, after the grace period":  {1, 11 * time.Second, true},
		"token before the last":               {2, time.Second, true},
		"old token of several rotations":      {3, time.Minute, true},
	} {
		now := app.Now()
		a := newAccounts(t, openStore()).at(now)
		first := a.signUp(t, newPhone())
		newest := first
		for range c.rotations {
			var err error
			newest, err = a.Refresh(t.Context(), newest.Refresh)
			must(t, err)
		}
		again, err := a.at(now.Add(c.wait)).Refresh(t.Context(), first.Refresh)
		if !c.ended {
			if err != nil || again.Refresh != newest.Refresh {
				t.Errorf("%s: got %v, want the same successor", name, err)
			}
			continue
		}
		wantCode(t, name, err, apperr.RefreshReused)
		_, err = a.at(now.Add(c.wait)).Refresh(t.Context(), newest.Refresh)
		wantCode(t, name+": the newest token", err, apperr.SessionEnded)
	}
}

// TestConnectToken_SingleUse checks that one of 20 concurrent uses succeeds.
func TestConnectToken_SingleUse(t *testing.T) {
	tokens := &realtime.ConnectTokens{Store: openStore(), Now: app.Now, Random: rand.Reader}
	actor := user.Principal{UserID: newID(), Role: user.RoleUser}
	token, _, err := tokens.Issue(t.Context(), actor)
	must(t, err)
	byCode := concurrently(20, func(int) error {
		got, err := tokens.Redeem(t.Context(), token)
		if err == nil && got != actor {
			t.Errorf("got %+v, want %+v", got, actor)
		}
		return err
	})
	if byCode[""] != 1 || byCode[apperr.Unauthenticated] != 19 {
		t.Errorf("got %v, want one success", byCode)
	}
}
