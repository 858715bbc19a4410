package conformance

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/wiring"
)

// entrance is a way in. prepare gives what the person does, and what they do
// when no answer comes: an honest client repeats, and where the repeat cannot
// work, the person takes the next door.
type entrance struct {
	name    string
	prepare func(t *testing.T, p people) (try, again attempt)
}

// attempt is made at the front desk, as it is or behind a bad line.
type attempt func(p people) error

// or is the second attempt where the first does not work.
func (a attempt) or(b attempt) attempt {
	return func(p people) error {
		if err := a(p); err == nil {
			return nil
		}
		return b(p)
	}
}

func logInAgain(t *testing.T, p people) (try, again attempt) {
	t.Helper()
	number, _ := p.newcomer(t)
	now := wiring.Now()
	code := p.at(now.Add(time.Minute)).send(t, number, account.PurposeLogin)
	try = func(p people) error {
		_, err := p.LogInByCode(t.Context(), number, code, p.from)
		return err
	}
	return try, try.or(func(p people) error { // a minute later there is another code
		p = p.at(now.Add(2 * time.Minute))
		_, err := p.LogInByCode(t.Context(), number, p.send(t, number, account.PurposeLogin), p.from)
		return err
	})
}

// byPassword signs a number in.
func byPassword(t *testing.T, number string) attempt {
	return func(p people) error {
		_, err := p.LogIn(t.Context(), number, password, p.from)
		return err
	}
}

func signUpAgain(t *testing.T, p people) (try, again attempt) {
	t.Helper()
	number := newNumber()
	code := p.send(t, number, account.PurposeSignUp)
	try = func(p people) error {
		_, err := p.SignUp(t.Context(), number, password, code, "Sara", p.from)
		return err
	}
	return try, try.or(byPassword(t, number))
}

func resetAgain(t *testing.T, p people) (try, again attempt) {
	t.Helper()
	number, _ := p.newcomer(t)
	code := p.send(t, number, account.PurposeReset)
	try = func(p people) error { return p.ResetPassword(t.Context(), number, code, password) }
	return try, try.or(byPassword(t, number))
}

func refreshAgain(t *testing.T, p people) (try, again attempt) {
	t.Helper()
	_, first := p.newcomer(t)
	refresh := func(p people) (account.Tokens, error) { return p.Refresh(t.Context(), first.Refresh) }
	try = func(p people) error {
		_, err := refresh(p)
		return err
	}
	return try, func(p people) error {
		got, err := refresh(p)
		if err == nil { // the successor must be a good one
			_, err = p.Refresh(t.Context(), got.Refresh)
		}
		return err
	}
}

// TestAuthLostAnswers: whichever answer is lost on the way in, and all behind
// it, the person gets in afterwards. The last time the house has answered, and
// only the client never heard of it.
func TestAuthLostAnswers(t *testing.T) {
	t.Parallel()
	var count callers
	outages := 0
	for _, e := range []entrance{{"login by code", logInAgain}, {"sign-up", signUpAgain}, {"password reset", resetAgain}, {"refresh", refreshAgain}} {
		for n := 0; ; n++ {
			p := newPeople(t, open()).at(wiring.Now())
			try, again := e.prepare(t, p)
			store, l := behindLosses(func(i int, _ string) bool { return i >= n })
			if err := try(p.with(store)); err != nil && !errors.Is(err, errLost) {
				t.Errorf("%s, no answer from %d on: got %v", e.name, n+1, err)
			}
			outages++
			if err := again(p); err != nil {
				count.out.Add(1)
				t.Errorf("%s, no answer from %d on, and then: got %v", e.name, n+1, err)
			}
			if l.calls <= n {
				break
			}
		}
	}
	count.record(t, "lost answers", fmt.Sprint(outages, " outages"),
		"Every answer that login by code, sign-up, password reset and refresh wait for, and the house's own. A refresh token is answered again for ten seconds; who comes later signs in anew.")
}
