package conformance

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
)

// authFlow is a way to log in. prepare returns the first attempt and the retry of a
// client that got no response: the same request, or the next login method if the
// request cannot be repeated.
type authFlow struct {
	name    string
	prepare func(t *testing.T, p accounts) (try, again attempt)
}

// attempt runs one request against the account service.
type attempt func(p accounts) error

// orElse returns an attempt that runs b if a fails.
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
		_, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: code}, a.caller)
		return err
	}
	return try, try.orElse(func(a accounts) error { // a minute later a new code may be sent
		a = a.at(now.Add(2 * time.Minute))
		_, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: a.requestCode(t, phone, account.PurposeLogin)}, a.caller)
		return err
	})
}

// passwordLogin returns an attempt to log in by password.
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
		_, err := a.SignUp(t.Context(), phone, password, account.CodeInput{Digits: code}, "Sara", a.caller)
		return err
	}
	return try, try.orElse(passwordLogin(t, phone))
}

func resetFlow(t *testing.T, a accounts) (try, retry attempt) {
	t.Helper()
	phone, _ := a.newUser(t)
	code := a.requestCode(t, phone, account.PurposeReset)
	try = func(a accounts) error {
		return a.ResetPassword(t.Context(), phone, password, account.CodeInput{Digits: code}, "", a.caller)
	}
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
		if err == nil { // the new refresh token must be valid
			_, err = a.Refresh(t.Context(), got.Refresh)
		}
		return err
	}
}

// TestAuthLostResponses drops every response from the n-th on, for each n, and checks
// that the user can log in afterwards. In the last round the service succeeds and only
// the client misses the response.
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
				t.Errorf("%s, no response from %d on: got %v", e.name, n+1, err)
			}
			outages++
			if err := retry(a); err != nil {
				result.wronglyRejected.Add(1)
				t.Errorf("%s, no response from %d on, then the retry: got %v", e.name, n+1, err)
			}
			if c.calls <= n {
				break
			}
		}
	}
	result.record(t, "lost responses", fmt.Sprint(outages, " outages"),
		"Every response of the database during login by code, sign-up, password reset and refresh, and the response to the client. A refresh token may be repeated for ten seconds; after that the user logs in again.")
}
