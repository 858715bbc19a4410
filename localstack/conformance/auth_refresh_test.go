package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// callers counts what must not happen at a door.
type callers struct {
	in  atomic.Int64 // who should have stayed out
	out atomic.Int64 // who should have come in
}

// record tells the judge what came of so many tries, and fails the test if
// anybody was on the wrong side.
func (c *callers) record(t *testing.T, name, tries, note string) {
	t.Helper()
	in, out := c.in.Load(), c.out.Load()
	must(t, verdict.Record(verdict.Line{
		Item: "auth", Name: name, Figure: fmt.Sprintf("%s: got in %d, locked out %d", tries, in, out), Goal: "got in 0, locked out 0",
		Holds: in == 0 && out == 0 && !t.Failed(), Cause: note,
	}))
	if in != 0 || out != 0 {
		t.Errorf("%s, %s: got in %d, locked out %d, want none", name, tries, in, out)
	}
}

// each runs work for 0 to n-1, some at a time.
func each(n, atATime int, work func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range atATime {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	workers.Wait()
}

// newcomer is somebody with an account who has signed in by code: no test
// has to wait for a password to be hashed.
func (p people) newcomer(t *testing.T) (number string, tokens account.Tokens) {
	t.Helper()
	number = newNumber()
	u := user.User{ID: newID(), Phone: number, Role: user.RoleUser, Locale: "en", CreatedAt: wiring.Now()}
	must(t, open().SaveAccount(t.Context(), account.Login{Phone: number, User: u}))
	tokens, err := p.LogInByCode(t.Context(), number, p.send(t, number, account.PurposeLogin), p.from)
	must(t, err)
	return number, tokens
}

// TestAuthRefreshRaces: whatever happens to a session at the moment it is
// refreshed, its owner goes on with one successor however many answers were
// lost, and nobody goes on with a session that was ended.
func TestAuthRefreshRaces(t *testing.T) {
	t.Parallel()
	races := verdict.Pick(200, 1000)
	kinds := []struct {
		name string
		race func(t *testing.T, p people, count *callers, seed uint64)
	}{
		{"one token, several clients, lost answers", raceWithLosses}, {"logout", raceWithLogout},
		{"a stolen token", raceWithThief}, {"a password reset", raceWithReset},
	}
	var count callers
	each(races, 8, func(i int) {
		p := newPeople(t, open()).at(wiring.Now())
		kinds[i%len(kinds)].race(t, p, &count, uint64(i))
	})
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	count.record(t, "refresh races", fmt.Sprint(races, " races"), "A refresh against: "+strings.Join(names, "; ")+".")
}

// raceWithLosses: four clients share a token and lose a third of the answers;
// each repeats until it has one.
func raceWithLosses(t *testing.T, p people, count *callers, seed uint64) {
	_, first := p.newcomer(t)
	var successors sync.Map
	atOnce(4, func(i int) error {
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		store, _ := behindLosses(func(int, string) bool { return dice.IntN(3) == 0 })
		for range 10 {
			got, err := p.with(store).Refresh(t.Context(), first.Refresh)
			if err == nil {
				successors.Store(got.Refresh, true)
				return nil
			}
		}
		count.out.Add(1)
		return nil
	})
	n := 0
	successors.Range(func(next, _ any) bool {
		n++
		if _, err := p.Refresh(t.Context(), next.(string)); err != nil || n > 1 {
			count.out.Add(1)
		}
		return true
	})
}

// raceWithLogout: behind a logout neither the token nor a successor is good.
func raceWithLogout(t *testing.T, p people, count *callers, _ uint64) {
	_, first := p.newcomer(t)
	last := p.against(t, first, func() error { return p.LogOut(t.Context(), user.Principal{}, first.Refresh) })
	p.ended(t, count, first, last)
}

// against refreshes at the moment at which something else happens, and gives
// the last token that came of it. Its own token may have been replaced before a
// logout could name it: that one is repeated with the successor.
func (p people) against(t *testing.T, first account.Tokens, other func() error) account.Tokens {
	t.Helper()
	last := first
	atOnce(2, func(i int) error {
		if i == 1 {
			err := other()
			if err != nil {
				t.Error(err)
			}
			return err
		}
		if got, err := p.Refresh(t.Context(), first.Refresh); err == nil {
			last = got
		}
		return nil
	})
	return last
}

// ended counts every token that still opens something.
func (p people) ended(t *testing.T, count *callers, all ...account.Tokens) {
	t.Helper()
	for _, tokens := range all {
		if _, err := p.Refresh(t.Context(), tokens.Refresh); err == nil {
			count.in.Add(1)
		} else if kind := fault.From(err).Kind; kind != fault.SessionEnded && kind != fault.RefreshReused {
			t.Errorf("after the end: got %v", err)
		}
	}
}

// raceWithThief: a token that has been used twice over is worth nothing to who
// stole it, also at the moment its owner refreshes; both are out then.
func raceWithThief(t *testing.T, p people, count *callers, _ uint64) {
	_, stolen := p.newcomer(t)
	second, err := p.Refresh(t.Context(), stolen.Refresh)
	must(t, err)
	newest, err := p.Refresh(t.Context(), second.Refresh)
	must(t, err)
	last := p.against(t, newest, func() error {
		if _, err := p.Refresh(t.Context(), stolen.Refresh); err == nil {
			count.in.Add(1)
		}
		return nil
	})
	p.ended(t, count, stolen, second, newest, last)
}

// raceWithReset: a new password ends what the old one had opened.
func raceWithReset(t *testing.T, p people, count *callers, _ uint64) {
	number, first := p.newcomer(t)
	code := p.send(t, number, account.PurposeReset)
	last := p.against(t, first, func() error { return p.ResetPassword(t.Context(), number, code, password) })
	p.ended(t, count, first, last)
	if _, err := p.LogIn(t.Context(), number, password, p.from); err != nil {
		count.out.Add(1)
	}
}
