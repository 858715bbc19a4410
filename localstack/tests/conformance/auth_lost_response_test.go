package conformance

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
)

// authFlow is a way in. prepare gives what the person does, and what they do
// when no answer comes: an honest client repeats, and where the repeat cannot
// work, the person takes the next door.
type authFlow struct {
	name    string
	prepare func(t *testing.T, p accounts) (try, again attempt)
}

// attempt is made at the front desk, as it is or behind a bad line.
type attempt func(p accounts) error

// orElse is the second attempt where the first does not work.
func (first attempt) orElse(second attempt) attempt {
	return func(a accounts) error {
		if err := first(a); err == nil {
			return nil
		}
		return second(a)
	}
}

func loginFlow(t *testing.T, a accounts) (try, retry attempt) {
	t.Helper()
	phone, _ := a.newUser(t)
	now := app.Now()
	code := a.at(now.Add(time.Minute)).requestCode(t, phone, account.PurposeLogin)
	try = func(a accounts) error {
		_, err := a.LogInByCode(t.Context(), phone, code, a.caller)
		return err
	}
	return try, try.orElse(func(a accounts) error { // a minute later there is another code
		a = a.at(now.Add(2 * time.Minute))
		_, err := a.LogInByCode(t.Context(), phone, a.requestCode(t, phone, account.PurposeLogin), a.caller)
		return err
	})
}

// passwordLogin signs a number in.
func passwordLogin(t *testing.T, phone string) attempt {
	return func(a accounts) error {
		_, err := a.LogIn(t.Context(), phone, password, a.caller)
		return err
	}
}

func signUpFlow(t *testing.T, a accounts) (try, retry attempt) {
	t.Helper()
	phone := newPhone()
	code := a.requestCode(t, phone, account.PurposeSignUp)
	try = func(a accounts) error {
		_, err := a.SignUp(t.Context(), phone, password, code, "Sara", a.caller)
		return err
	}
	return try, try.orElse(passwordLogin(t, phone))
}

func resetFlow(t *testing.T, a accounts) (try, retry attempt) {
	t.Helper()
	phone, _ := a.newUser(t)
	code := a.requestCode(t, phone, account.PurposeReset)
	try = func(a accounts) error { return a.ResetPassword(t.Context(), phone, code, password) }
	return try, try.orElse(passwordLogin(t, phone))
}

func refreshFlow(t *testing.T, a accounts) (try, retry attempt) {
	t.Helper()
	_, first := a.newUser(t)
	refresh := func(a accounts) (account.Tokens, error) { return a.Refresh(t.Context(), first.Refresh) }
	try = func(a accounts) error {
		_, err := refresh(a)
		return err
	}
	return try, func(a accounts) error {
		got, err := refresh(a)
		if err == nil { // the successor must be a good one
			_, err = a.Refresh(t.Context(), got.Refresh)
		}
		return err
	}
}

// TestAuthLostResponses: whichever answer is lost on the way in, and all behind
// it, the person gets in afterwards. The last time the house has answered, and
// only the client never heard of it.
func TestAuthLostResponses(t *testing.T) {
	t.Parallel()
	var result authResult
	outages := 0
	for _, e := range []authFlow{{"login by code", loginFlow}, {"sign-up", signUpFlow}, {"password reset", resetFlow}, {"refresh", refreshFlow}} {
		for n := 0; ; n++ {
			a := newAccounts(t, openStore()).at(app.Now())
			try, retry := e.prepare(t, a)
			store, c := newLossyStore(func(i int, _ string) bool { return i >= n })
			if err := try(a.withStore(store)); err != nil && !errors.Is(err, errResponseLost) {
				t.Errorf("%s, no answer from %d on: got %v", e.name, n+1, err)
			}
			outages++
			if err := retry(a); err != nil {
				result.wronglyRejected.Add(1)
				t.Errorf("%s, no answer from %d on, and then: got %v", e.name, n+1, err)
			}
			if c.calls <= n {
				break
			}
		}
	}
	result.record(t, "lost answers", fmt.Sprint(outages, " outages"),
		"Every answer that login by code, sign-up, password reset and refresh wait for, and the house's own. A refresh token is answered again for ten seconds; who comes later signs in anew.")
}
