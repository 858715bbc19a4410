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

// authResult counts what must not happen at a door.
type authResult struct {
	wronglyAccepted atomic.Int64 // who should have stayed out
	wronglyRejected atomic.Int64 // who should have come in
}

// record tells the judge what came of so many tries, and fails the test if
// anybody was on the wrong side.
func (r *authResult) record(t *testing.T, name, tries, note string) {
	t.Helper()
	in, out := r.wronglyAccepted.Load(), r.wronglyRejected.Load()
	must(t, report.Record(report.Result{
		Check: "auth", Name: name, Value: fmt.Sprintf("%s: got in %d, locked out %d", tries, in, out), Target: "got in 0, locked out 0",
		Pass: in == 0 && out == 0 && !t.Failed(), Note: note,
	}))
	if in != 0 || out != 0 {
		t.Errorf("%s, %s: got in %d, locked out %d, want none", name, tries, in, out)
	}
}

// forEach runs work for 0 to n-1, some at a time.
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

// newUser is somebody with an account who has signed in by code: no test
// has to wait for a password to be hashed.
func (a accounts) newUser(t *testing.T) (phone string, tokens account.Tokens) {
	t.Helper()
	phone = newPhone()
	u := user.User{ID: newID(), Phone: phone, Role: user.RoleUser, Locale: "en", CreatedAt: app.Now()}
	must(t, openStore().PutAccount(t.Context(), account.Login{Phone: phone, User: u}))
	tokens, err := a.LogInByCode(t.Context(), phone, a.requestCode(t, phone, account.PurposeLogin), a.caller)
	must(t, err)
	return phone, tokens
}

// TestAuthRefreshRaces: whatever happens to a session at the moment it is
// refreshed, its owner goes on with one successor however many answers were
// lost, and nobody goes on with a session that was ended.
func TestAuthRefreshRaces(t *testing.T) {
	t.Parallel()
	races := report.ShortOrFull(200, 1000)
	kinds := []struct {
		name string
		race func(t *testing.T, a accounts, result *authResult, seed uint64)
	}{
		{"one token, several clients, lost answers", raceWithLosses}, {"logout", raceWithLogout},
		{"a stolen token", raceWithReusedToken}, {"a password reset", raceWithReset},
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

// raceWithLosses: four clients share a token and lose a third of the answers;
// each repeats until it has one.
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

// raceWithLogout: behind a logout neither the token nor a successor is good.
func raceWithLogout(t *testing.T, a accounts, result *authResult, _ uint64) {
	_, first := a.newUser(t)
	last := a.refreshDuring(t, first, func() error { return a.LogOut(t.Context(), user.Principal{}, first.Refresh) })
	a.checkEnded(t, result, first, last)
}

// refreshDuring refreshes at the moment at which something else happens, and gives
// the last token that came of it. Its own token may have been replaced before a
// logout could name it: that one is repeated with the successor.
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

// checkEnded counts every token that still opens something.
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

// raceWithReusedToken: a token that has been used twice over is worth nothing to who
// stole it, also at the moment its owner refreshes; both are out then.
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

// raceWithReset: a new password ends what the old one had opened.
func raceWithReset(t *testing.T, a accounts, result *authResult, _ uint64) {
	phone, first := a.newUser(t)
	code := a.requestCode(t, phone, account.PurposeReset)
	last := a.refreshDuring(t, first, func() error { return a.ResetPassword(t.Context(), phone, code, password) })
	a.checkEnded(t, result, first, last)
	if _, err := a.LogIn(t.Context(), phone, password, a.caller); err != nil {
		result.wronglyRejected.Add(1)
	}
}
