package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// authResult counts wrong decisions of an authentication check.
type authResult struct {
	wronglyAccepted atomic.Int64 // requests that should have been rejected
	wronglyRejected atomic.Int64 // requests that should have been accepted
}

// record writes the result to the quality report, and fails the test if a decision was
// wrong.
func (r *authResult) record(t *testing.T, name, tries, note string) {
	t.Helper()
	in, out := r.wronglyAccepted.Load(), r.wronglyRejected.Load()
	must(t, report.Record(report.Result{
		Check: "auth", Name: name, Value: fmt.Sprintf("%s: wrongly accepted %d, wrongly rejected %d", tries, in, out), Target: "wrongly accepted 0, wrongly rejected 0",
		Pass: in == 0 && out == 0 && !t.Failed(), Note: note,
	}))
	if in != 0 || out != 0 {
		t.Errorf("%s, %s: wrongly accepted %d, wrongly rejected %d, want none", name, tries, in, out)
	}
}

// forEach calls run for 0 to n-1 on the given number of workers.
func forEach(n, workers int, run func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				run(i)
			}
		})
	}
	wg.Wait()
}

// newUser stores a user and logs in by code, which is faster than hashing a password.
func (a accounts) newUser(t *testing.T) (phone string, tokens account.Tokens) {
	t.Helper()
	phone = newPhone()
	u := user.User{ID: newID(), Phone: phone, Role: user.RoleUser, Locale: "en", CreatedAt: app.Now()}
	must(t, openStore().PutAccount(t.Context(), account.Login{Phone: phone, User: u}))
	tokens, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: a.requestCode(t, phone, account.PurposeLogin)}, a.caller)
	must(t, err)
	return phone, tokens
}

// TestAuthRefreshRaces runs other operations on a session while it is refreshed. The
// owner continues with exactly one successor, and an ended session gives no new tokens.
func TestAuthRefreshRaces(t *testing.T) {
	t.Parallel()
	races := report.ShortOrFull(200, 1000)
	kinds := []struct {
		name string
		race func(t *testing.T, a accounts, result *authResult, seed uint64)
	}{
		{"one token, several clients, lost responses", raceWithLosses}, {"logout", raceWithLogout},
		{"a reused token", raceWithReusedToken}, {"a password reset", raceWithReset},
	}
	var result authResult
	forEach(races, 8, func(i int) {
		a := newAccounts(t, openStore()).at(app.Now())
		kinds[i%len(kinds)].race(t, a, &result, uint64(i))
	})
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	result.record(t, "refresh races", fmt.Sprint(races, " races"), "A refresh against: "+strings.Join(names, "; ")+".")
}

// raceWithLosses refreshes one token from four clients that lose a third of the
// responses; each retries until it gets one.
func raceWithLosses(t *testing.T, a accounts, result *authResult, seed uint64) {
	_, first := a.newUser(t)
	var successors sync.Map
	concurrently(4, func(i int) error {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		store, _ := newLossyStore(func(int, string) bool { return rng.IntN(3) == 0 })
		for range 10 {
			got, err := a.withStore(store).Refresh(t.Context(), first.Refresh)
			if err == nil {
				successors.Store(got.Refresh, true)
				return nil
			}
		}
		result.wronglyRejected.Add(1)
		return nil
	})
	n := 0
	successors.Range(func(next, _ any) bool {
		n++
		if _, err := a.Refresh(t.Context(), next.(string)); err != nil || n > 1 {
			result.wronglyRejected.Add(1)
		}
		return true
	})
}

// raceWithLogout checks that after a logout neither the token nor its successor works.
func raceWithLogout(t *testing.T, a accounts, result *authResult, _ uint64) {
	_, first := a.newUser(t)
	last := a.refreshDuring(t, first, func() error { return a.LogOut(t.Context(), user.Principal{}, first.Refresh) })
	a.checkEnded(t, result, first, last)
}

// refreshDuring refreshes the session while other runs, and returns the last tokens.
// The token may be replaced before a logout names it; then the logout is repeated with
// the successor.
func (a accounts) refreshDuring(t *testing.T, first account.Tokens, other func() error) account.Tokens {
	t.Helper()
	last := first
	concurrently(2, func(i int) error {
		if i == 1 {
			err := other()
			if err != nil {
				t.Error(err)
			}
			return err
		}
		if got, err := a.Refresh(t.Context(), first.Refresh); err == nil {
			last = got
		}
		return nil
	})
	return last
}

// checkEnded counts the tokens that still work.
func (a accounts) checkEnded(t *testing.T, result *authResult, all ...account.Tokens) {
	t.Helper()
	for _, tokens := range all {
		if _, err := a.Refresh(t.Context(), tokens.Refresh); err == nil {
			result.wronglyAccepted.Add(1)
		} else if code := apperr.From(err).Code; code != apperr.SessionEnded && code != apperr.RefreshReused {
			t.Errorf("after the end: got %v", err)
		}
	}
}

// raceWithReusedToken checks that a token rotated twice is rejected as reused, and that
// the reuse ends the session for both holders.
func raceWithReusedToken(t *testing.T, a accounts, result *authResult, _ uint64) {
	_, reused := a.newUser(t)
	second, err := a.Refresh(t.Context(), reused.Refresh)
	must(t, err)
	newest, err := a.Refresh(t.Context(), second.Refresh)
	must(t, err)
	last := a.refreshDuring(t, newest, func() error {
		if _, err := a.Refresh(t.Context(), reused.Refresh); err == nil {
			result.wronglyAccepted.Add(1)
		}
		return nil
	})
	a.checkEnded(t, result, reused, second, newest, last)
}

// raceWithReset checks that a password reset ends the session that is being refreshed.
func raceWithReset(t *testing.T, a accounts, result *authResult, _ uint64) {
	phone, first := a.newUser(t)
	code := a.requestCode(t, phone, account.PurposeReset)
	last := a.refreshDuring(t, first, func() error {
		return a.ResetPassword(t.Context(), phone, password, account.CodeInput{Digits: code}, "", a.caller)
	})
	a.checkEnded(t, result, first, last)
	if _, err := a.LogIn(t.Context(), phone, password, a.caller); err != nil {
		result.wronglyRejected.Add(1)
	}
}
