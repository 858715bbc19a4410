package conformance

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/user"
)

// maxConcurrentGuesses is how many guess at a time.
const maxConcurrentGuesses = 32

// guessConcurrently tries n times, many at a time, and counts what came of it by kind.
func guessConcurrently(n int, try func(i int) error) map[apperr.Code]int {
	var mu sync.Mutex
	byCode := map[apperr.Code]int{}
	forEach(n, maxConcurrentGuesses, func(i int) {
		code := apperr.Code("")
		if err := try(i); err != nil {
			code = apperr.From(err).Code
		}
		mu.Lock()
		byCode[code]++
		mu.Unlock()
	})
	return byCode
}

// atStoreTime is the same front desk at another time, as it and its table see it.
func (a accounts) atStoreTime(now time.Time) accounts {
	return a.at(now).withStore(dynamo.New(env.config, env.table, func() time.Time { return now }))
}

// wrongCode is the i-th code that is not the right one.
func wrongCode(right string, i int) string {
	if code := fmt.Sprintf("%06d", i); code < right {
		return code
	}
	return fmt.Sprintf("%06d", i+1)
}

// TestAuthGuessedCodes: five guesses are compared, whatever comes at once, and
// thirty codes a day sent; the owner of the number gets in with the next code.
func TestAuthGuessedCodes(t *testing.T) {
	t.Parallel()
	const attempts, codes = 5, 30 // of a code, and of a number on a day
	n := report.ShortOrFull(2000, 10_000)
	now := app.Now().Truncate(24 * time.Hour).Add(25 * time.Hour) // all on one day, tomorrow
	a := newAccounts(t, openStore()).atStoreTime(now)
	a.Limits.PerIP = n
	phone, _ := a.newUser(t)
	now = now.Add(time.Minute)
	a = a.atStoreTime(now)
	right := a.requestCode(t, phone, account.PurposeLogin)
	var result authResult
	byCode := guessConcurrently(n, func(i int) error {
		_, err := a.LogInByCode(t.Context(), phone, wrongCode(right, i), a.caller)
		return err
	})
	result.wronglyAccepted.Add(int64(byCode[""]))
	if byCode[apperr.CodeWrong] != attempts || byCode[apperr.CodeLocked] != n-attempts {
		t.Errorf("got %v, want %d compared and the others refused", byCode, attempts)
	}
	if _, err := a.LogInByCode(t.Context(), phone, right, a.caller); !apperr.Is(err, apperr.CodeLocked) {
		t.Errorf("the right code behind the guesses: got %v, want it locked", err)
	}
	compared, sent := byCode[apperr.CodeWrong], 2 // one for the newcomer
	for range codes {
		now = now.Add(time.Minute)
		a = a.atStoreTime(now)
		if _, err := a.SendCode(t.Context(), phone, account.PurposeLogin, a.caller); err != nil {
			continue
		}
		sent++
		if sent == codes { // the owner asks as well
			if _, err := a.LogInByCode(t.Context(), phone, a.sms.code(phone), a.caller); err != nil {
				result.wronglyRejected.Add(1)
			}
			continue
		}
		more := guessConcurrently(2*attempts, func(i int) error {
			_, err := a.LogInByCode(t.Context(), phone, wrongCode(a.sms.code(phone), i), a.caller)
			return err
		})
		result.wronglyAccepted.Add(int64(more[""]))
		compared += more[apperr.CodeWrong]
	}
	if sent != codes || compared > codes*attempts {
		t.Errorf("in a day: got %d codes and %d guesses compared, want %d and at most %d", sent, compared, codes, codes*attempts)
	}
	result.record(t, "guessed codes", fmt.Sprint(n+2*attempts*(codes-2), " guesses"),
		fmt.Sprintf("%d of them were compared, of a million possible codes: 5 of one code, %d codes a day.", compared, codes))
}

// userWithPassword is somebody with a password.
func (a accounts) userWithPassword(t *testing.T) (phone string) {
	t.Helper()
	phone = newPhone()
	hash, err := auth.Hash(password, a.Random)
	must(t, err)
	must(t, openStore().PutAccount(t.Context(), account.Login{Phone: phone, Hash: hash, User: user.User{
		ID: newID(), Phone: phone, Role: user.RoleUser, Locale: "en", CreatedAt: a.Now(),
	}}))
	return phone
}

// TestAuthGuessedPasswords: guesses from many addresses at one number. Those of
// the first burst may pass the limit while they are on their way; in the next
// window each is counted first. The owner gets in by code meanwhile, and by
// password when the window is over.
func TestAuthGuessedPasswords(t *testing.T) {
	t.Parallel()
	const maxFailures, window = 10, 10 * time.Minute // on a number in a window
	n := report.ShortOrFull(500, 5000)               // in each of two windows
	now := app.Now().Truncate(window).Add(window)
	a := newAccounts(t, openStore()).atStoreTime(now)
	phone := a.userWithPassword(t)
	var result authResult
	compared := [2]int{}
	for w := range compared {
		a = a.atStoreTime(now.Add(time.Duration(w) * window))
		byCode := guessConcurrently(n, func(i int) error {
			caller := a.caller
			caller.IP = newID()
			_, err := a.LogIn(t.Context(), phone, fmt.Sprint("wrong-horse-", i), caller)
			return err
		})
		result.wronglyAccepted.Add(int64(byCode[""]))
		compared[w] = byCode[apperr.LoginWrong]
		if compared[w]+byCode[apperr.LoginLocked] != n {
			t.Errorf("window %d: got %v, want some compared and the others refused", w+1, byCode)
		}
		if _, err := a.LogIn(t.Context(), phone, password, a.caller); !apperr.Is(err, apperr.LoginLocked) {
			t.Errorf("window %d: the right password behind the guesses: got %v, want it locked", w+1, err)
		}
	}
	if compared[0] > maxFailures+maxConcurrentGuesses || compared[1] != maxFailures {
		t.Errorf("got %v compared, want at most %d, then %d", compared, maxFailures+maxConcurrentGuesses, maxFailures)
	}
	if _, err := a.LogInByCode(t.Context(), phone, a.requestCode(t, phone, account.PurposeLogin), a.caller); err != nil {
		result.wronglyRejected.Add(1)
	}
	if _, err := a.atStoreTime(now.Add(2*window)).LogIn(t.Context(), phone, password, a.caller); err != nil {
		result.wronglyRejected.Add(1)
	}
	result.record(t, "guessed passwords", fmt.Sprint(2*n, " guesses, ", maxConcurrentGuesses, " at a time"), fmt.Sprintf(
		"Compared were %d in the first ten minutes, when nobody had guessed before, and %d in the next; the limit is %d.", compared[0], compared[1], maxFailures))
}

// TestAuthSprayedPasswords: one address at many numbers, of which one takes the
// password; it comes behind the limit. Another address is not locked out.
func TestAuthSprayedPasswords(t *testing.T) {
	t.Parallel()
	const limit = 20
	n := report.ShortOrFull(300, 3000)
	a := newAccounts(t, openStore()).at(app.Now())
	a.Limits.PerIP = limit
	phone := a.userWithPassword(t)
	var result authResult
	byCode := guessConcurrently(n, func(int) error {
		_, err := a.LogIn(t.Context(), newPhone(), password, a.caller)
		return err
	})
	if compared := byCode[apperr.LoginWrong]; compared > limit+maxConcurrentGuesses || compared+byCode[apperr.LoginLocked] != n {
		t.Errorf("got %v, want at most %d compared", byCode, limit+maxConcurrentGuesses)
	}
	if _, err := a.LogIn(t.Context(), phone, password, a.caller); err == nil {
		result.wronglyAccepted.Add(1)
	}
	otherCaller := a.caller
	otherCaller.IP = newID()
	if _, err := a.LogIn(t.Context(), phone, password, otherCaller); err != nil {
		result.wronglyRejected.Add(1)
	}
	result.record(t, "one password on many numbers", fmt.Sprint(n, " numbers, ", maxConcurrentGuesses, " at a time"), fmt.Sprintf(
		"%d were compared, with a limit of %d for an address. Each copy of the function knows the limit from its own next failure.", byCode[apperr.LoginWrong], limit))
}
