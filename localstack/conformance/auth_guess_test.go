package conformance

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// guessers is how many guess at a time.
const guessers = 32

// guess tries n times, many at a time, and counts what came of it by kind.
func guess(n int, try func(i int) error) map[fault.Kind]int {
	var mu sync.Mutex
	kinds := map[fault.Kind]int{}
	each(n, guessers, func(i int) {
		kind := fault.Kind("")
		if err := try(i); err != nil {
			kind = fault.From(err).Kind
		}
		mu.Lock()
		kinds[kind]++
		mu.Unlock()
	})
	return kinds
}

// when is the same front desk at another time, as it and its table see it.
func (p people) when(now time.Time) people {
	return p.at(now).with(table.New(house.config, house.table, func() time.Time { return now }))
}

// anotherCode is the i-th code that is not the right one.
func anotherCode(right string, i int) string {
	if code := fmt.Sprintf("%06d", i); code < right {
		return code
	}
	return fmt.Sprintf("%06d", i+1)
}

// TestAuthGuessedCodes: five guesses are compared, whatever comes at once, and
// thirty codes a day sent; the owner of the number gets in with the next code.
func TestAuthGuessedCodes(t *testing.T) {
	t.Parallel()
	const tries, codes = 5, 30 // of a code, and of a number on a day
	n := verdict.Pick(2000, 10_000)
	now := wiring.Now().Truncate(24 * time.Hour).Add(25 * time.Hour) // all on one day, tomorrow
	p := newPeople(t, open()).when(now)
	p.Limits.PerAddress = n
	number, _ := p.newcomer(t)
	now = now.Add(time.Minute)
	p = p.when(now)
	right := p.send(t, number, account.PurposeLogin)
	var count callers
	kinds := guess(n, func(i int) error {
		_, err := p.LogInByCode(t.Context(), number, anotherCode(right, i), p.from)
		return err
	})
	count.in.Add(int64(kinds[""]))
	if kinds[fault.CodeWrong] != tries || kinds[fault.CodeLocked] != n-tries {
		t.Errorf("got %v, want %d compared and the others refused", kinds, tries)
	}
	if _, err := p.LogInByCode(t.Context(), number, right, p.from); !fault.Is(err, fault.CodeLocked) {
		t.Errorf("the right code behind the guesses: got %v, want it locked", err)
	}
	compared, sent := kinds[fault.CodeWrong], 2 // one for the newcomer
	for range codes {
		now = now.Add(time.Minute)
		p = p.when(now)
		if _, err := p.SendCode(t.Context(), number, account.PurposeLogin, p.from); err != nil {
			continue
		}
		sent++
		if sent == codes { // the owner asks as well
			if _, err := p.LogInByCode(t.Context(), number, p.outbox.code(number), p.from); err != nil {
				count.out.Add(1)
			}
			continue
		}
		more := guess(2*tries, func(i int) error {
			_, err := p.LogInByCode(t.Context(), number, anotherCode(p.outbox.code(number), i), p.from)
			return err
		})
		count.in.Add(int64(more[""]))
		compared += more[fault.CodeWrong]
	}
	if sent != codes || compared > codes*tries {
		t.Errorf("in a day: got %d codes and %d guesses compared, want %d and at most %d", sent, compared, codes, codes*tries)
	}
	count.record(t, "guessed codes", fmt.Sprint(n+2*tries*(codes-2), " guesses"),
		fmt.Sprintf("%d of them were compared, of a million possible codes: 5 of one code, %d codes a day.", compared, codes))
}

// owner is somebody with a password.
func (p people) owner(t *testing.T) (number string) {
	t.Helper()
	number = newNumber()
	hash, err := auth.Hash(password, p.Random)
	must(t, err)
	must(t, open().SaveAccount(t.Context(), account.Login{Phone: number, Hash: hash, User: user.User{
		ID: newID(), Phone: number, Role: user.RoleUser, Locale: "en", CreatedAt: p.Now(),
	}}))
	return number
}

// TestAuthGuessedPasswords: guesses from many addresses at one number. Those of
// the first burst may pass the limit while they are on their way; in the next
// window each is counted first. The owner gets in by code meanwhile, and by
// password when the window is over.
func TestAuthGuessedPasswords(t *testing.T) {
	t.Parallel()
	const fails, window = 10, 10 * time.Minute // on a number in a window
	n := verdict.Pick(500, 5000)               // in each of two windows
	now := wiring.Now().Truncate(window).Add(window)
	p := newPeople(t, open()).when(now)
	number := p.owner(t)
	var count callers
	compared := [2]int{}
	for w := range compared {
		p = p.when(now.Add(time.Duration(w) * window))
		kinds := guess(n, func(i int) error {
			from := p.from
			from.Address = newID()
			_, err := p.LogIn(t.Context(), number, fmt.Sprint("wrong-horse-", i), from)
			return err
		})
		count.in.Add(int64(kinds[""]))
		compared[w] = kinds[fault.LoginWrong]
		if compared[w]+kinds[fault.LoginLocked] != n {
			t.Errorf("window %d: got %v, want some compared and the others refused", w+1, kinds)
		}
		if _, err := p.LogIn(t.Context(), number, password, p.from); !fault.Is(err, fault.LoginLocked) {
			t.Errorf("window %d: the right password behind the guesses: got %v, want it locked", w+1, err)
		}
	}
	if compared[0] > fails+guessers || compared[1] != fails {
		t.Errorf("got %v compared, want at most %d, then %d", compared, fails+guessers, fails)
	}
	if _, err := p.LogInByCode(t.Context(), number, p.send(t, number, account.PurposeLogin), p.from); err != nil {
		count.out.Add(1)
	}
	if _, err := p.when(now.Add(2*window)).LogIn(t.Context(), number, password, p.from); err != nil {
		count.out.Add(1)
	}
	count.record(t, "guessed passwords", fmt.Sprint(2*n, " guesses, ", guessers, " at a time"), fmt.Sprintf(
		"Compared were %d in the first ten minutes, when nobody had guessed before, and %d in the next; the limit is %d.", compared[0], compared[1], fails))
}

// TestAuthSprayedPasswords: one address at many numbers, of which one takes the
// password; it comes behind the limit. Another address is not locked out.
func TestAuthSprayedPasswords(t *testing.T) {
	t.Parallel()
	const limit = 20
	n := verdict.Pick(300, 3000)
	p := newPeople(t, open()).at(wiring.Now())
	p.Limits.PerAddress = limit
	number := p.owner(t)
	var count callers
	kinds := guess(n, func(int) error {
		_, err := p.LogIn(t.Context(), newNumber(), password, p.from)
		return err
	})
	if compared := kinds[fault.LoginWrong]; compared > limit+guessers || compared+kinds[fault.LoginLocked] != n {
		t.Errorf("got %v, want at most %d compared", kinds, limit+guessers)
	}
	if _, err := p.LogIn(t.Context(), number, password, p.from); err == nil {
		count.in.Add(1)
	}
	elsewhere := p.from
	elsewhere.Address = newID()
	if _, err := p.LogIn(t.Context(), number, password, elsewhere); err != nil {
		count.out.Add(1)
	}
	count.record(t, "one password on many numbers", fmt.Sprint(n, " numbers, ", guessers, " at a time"), fmt.Sprintf(
		"%d were compared, with a limit of %d for an address. Each copy of the function knows the limit from its own next failure.", kinds[fault.LoginWrong], limit))
}
