package conformance

import (
	"crypto/rand"
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

// maxConcurrentGuesses is the number of guesses in flight.
const maxConcurrentGuesses = 32

// guessConcurrently calls try n times with bounded concurrency and counts the outcomes
// by error code.
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

// atStoreTime returns a copy whose service and store both have their clock at now.
func (a accounts) atStoreTime(now time.Time) accounts {
	return a.at(now).withStore(dynamo.New(env.config, env.table, func() time.Time { return now }))
}

// wrongCode returns the i-th code that is not the right one.
func wrongCode(right string, i int) string {
	if code := fmt.Sprintf("%06d", i); code < right {
		return code
	}
	return fmt.Sprintf("%06d", i+1)
}

// TestAuthGuessedCodes checks that 5 guesses per code are compared and 30 codes per day
// are sent, however many requests arrive. The owner can still log in with the next
// code.
func TestAuthGuessedCodes(t *testing.T) {
	t.Parallel()
	const attempts, codes = 5, 30 // per code, and per phone number and day
	n := report.ShortOrFull(2000, 10_000)
	now := app.Now().Truncate(24 * time.Hour).Add(25 * time.Hour) // all on one day, tomorrow
	a := newAccounts(t, openStore()).atStoreTime(now)
	a = a.withClientLimit(n)
	phone, _ := a.newUser(t)
	now = now.Add(time.Minute)
	a = a.atStoreTime(now)
	right := a.requestCode(t, phone, account.PurposeLogin)
	var result authResult
	byCode := guessConcurrently(n, func(i int) error {
		_, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: wrongCode(right, i)}, a.caller)
		return err
	})
	result.wronglyAccepted.Add(int64(byCode[""]))
	if byCode[apperr.CodeWrong] != attempts || byCode[apperr.CodeLocked] != n-attempts {
		t.Errorf("got %v, want %d compared and the others rejected", byCode, attempts)
	}
	if _, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: right}, a.caller); !apperr.Is(err, apperr.CodeLocked) {
		t.Errorf("the right code after the guesses: got %v, want it locked", err)
	}
	compared, sent := byCode[apperr.CodeWrong], 2 // one was sent to newUser
	for range codes {
		now = now.Add(time.Minute)
		a = a.atStoreTime(now)
		a.caller.IP = newID() // one address gets fewer codes
		if _, err := a.SendCode(t.Context(), phone, account.PurposeLogin, a.caller); err != nil {
			continue
		}
		sent++
		if sent == codes { // the owner requests one too
			if _, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: a.sms.code(phone)}, a.caller); err != nil {
				result.wronglyRejected.Add(1)
			}
			continue
		}
		more := guessConcurrently(2*attempts, func(i int) error {
			_, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: wrongCode(a.sms.code(phone), i)}, a.caller)
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

// userWithPassword stores a user with a password and returns their phone number.
func (a accounts) userWithPassword(t *testing.T) (phone string) {
	t.Helper()
	phone = newPhone()
	hash, err := auth.Hash(password, rand.Reader)
	must(t, err)
	must(t, openStore().PutAccount(t.Context(), account.Login{Phone: phone, Hash: hash, User: user.User{
		ID: newID(), Phone: phone, Role: user.RoleUser, Locale: "en", CreatedAt: a.config.now(),
	}}))
	return phone
}

// TestAuthGuessedPasswords guesses one password from many IP addresses. The first burst
// may exceed the limit; in the next window each attempt is counted first. The owner can
// log in by code at any time, and by password after the window.
func TestAuthGuessedPasswords(t *testing.T) {
	t.Parallel()
	const maxFailures, window = 10, 10 * time.Minute // per phone number and window
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
			t.Errorf("window %d: got %v, want some compared and the others rejected", w+1, byCode)
		}
		if _, err := a.LogIn(t.Context(), phone, password, a.caller); !apperr.Is(err, apperr.LoginLocked) {
			t.Errorf("window %d: the right password after the guesses: got %v, want it locked", w+1, err)
		}
	}
	if compared[0] > maxFailures+maxConcurrentGuesses || compared[1] != maxFailures {
		t.Errorf("got %v compared, want at most %d, then %d", compared, maxFailures+maxConcurrentGuesses, maxFailures)
	}
	if _, err := a.LogInByCode(t.Context(), phone, account.CodeInput{Digits: a.requestCode(t, phone, account.PurposeLogin)}, a.caller); err != nil {
		result.wronglyRejected.Add(1)
	}
	if _, err := a.atStoreTime(now.Add(2*window)).LogIn(t.Context(), phone, password, a.caller); err != nil {
		result.wronglyRejected.Add(1)
	}
	result.record(t, "guessed passwords", fmt.Sprint(2*n, " guesses, ", maxConcurrentGuesses, " at a time"), fmt.Sprintf(
		"%d were compared in the first ten minutes, without an earlier failure, and %d in the next; the limit is %d.", compared[0], compared[1], maxFailures))
}

// TestAuthSprayedPasswords tries one password on many phone numbers from one IP
// address. The matching number comes after the limit. Another IP address is not locked.
func TestAuthSprayedPasswords(t *testing.T) {
	t.Parallel()
	const limit = 20
	n := report.ShortOrFull(300, 3000)
	a := newAccounts(t, openStore()).at(app.Now())
	a = a.withClientLimit(limit)
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
		"%d were compared, with a limit of %d per IP address. Each instance of the function learns of the limit at its own next failure.", byCode[apperr.LoginWrong], limit))
}
