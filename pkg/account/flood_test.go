package account_test

import (
	"context"
	"fmt"
	"testing"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// TestFlood_Address sends more than the limit of an address in each way that writes or hashes
// before a sign-in. Then further requests of the address reach neither the store nor a password,
// and those of another address are answered as before.
func TestFlood_Address(t *testing.T) {
	const limit = 3
	number := func(n int) string { return fmt.Sprintf("+98912000%04d", n) }
	logIn := func(f *fixture, number, password string, caller account.Caller) error {
		_, err := f.auth.LogIn(context.Background(), number, password, caller)
		return err
	}
	for name, c := range map[string]struct {
		prepare func(f *fixture)
		send    func(f *fixture, n int, caller account.Caller) error
		want    apperr.Code // of another address
	}{
		"codes": {nil, func(f *fixture, n int, caller account.Caller) error {
			_, err := f.sms.SendCode(context.Background(), number(n), account.PurposeSignUp, caller)
			return err
		}, ""},
		"wrong passwords": {nil, func(f *fixture, n int, caller account.Caller) error {
			return logIn(f, number(n), testPassword, caller)
		}, apperr.LoginWrong},
		"locked numbers": {func(f *fixture) {
			for n := range 100 {
				f.count("login-number", number(n), account.RateWindow, account.MaxFailedLogins)
			}
		}, func(f *fixture, n int, caller account.Caller) error {
			return logIn(f, number(n), testPassword, caller)
		}, apperr.LoginLocked},
		"a disabled account": {func(f *fixture) {
			u := f.login(testPhone).User
			u.Disabled = true
			f.putUser(u)
		}, func(f *fixture, _ int, caller account.Caller) error {
			return logIn(f, testPhone, testPassword, caller)
		}, apperr.AccountDisabled},
		"one factor of staff": {func(f *fixture) {
			u := f.login(testPhone).User
			u.Role = user.RoleAdmin
			f.putUser(u)
			f.requireSecondFactor()
		}, func(f *fixture, _ int, caller account.Caller) error {
			return logIn(f, testPhone, testPassword, caller)
		}, apperr.SecondFactorRequired},
		"wrong codes": {nil, func(f *fixture, n int, caller account.Caller) error {
			_, err := f.auth.SignUp(context.Background(), number(n), testPassword, account.CodeInput{Digits: "123456"}, "", caller)
			return err
		}, apperr.CodeWrong},
		"a locked code": {func(f *fixture) {
			_, err := f.sms.SendCode(context.Background(), testPhone, account.PurposeReset, account.Caller{})
			must(err)
			for _, code := range f.Codes() {
				for range account.MaxCodeAttempts {
					_, _, err := f.CountCodeAttempt(context.Background(), code, account.MaxCodeAttempts)
					must(err)
				}
			}
		}, func(f *fixture, _ int, caller account.Caller) error {
			challenge := ""
			for _, code := range f.Codes() {
				challenge = code.ID
			}
			return f.credentials.ResetPassword(context.Background(), testPhone, "another-horse-8", account.CodeInput{Digits: "123456", Challenge: challenge}, "", caller)
		}, apperr.CodeLocked},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.addUser(t)
			f.auth.OTP.Limiter.PerClient = limit
			if c.prepare != nil {
				c.prepare(f)
			}
			attacker, other := account.Caller{IP: "203.0.113.1"}, account.Caller{IP: "198.51.100.7"}
			for n := range limit + 1 {
				_ = c.send(f, n, attacker)
			}
			before := f.operations
			for n := range 30 {
				if err := apperr.From(c.send(f, limit+1+n, attacker)); err == nil || err.RetryAfter <= 0 || err.RetryAfter > account.RateWindow {
					t.Errorf("request %d above the limit: got %v", n+1, err)
				}
			}
			if f.operations != before {
				t.Errorf("30 requests above the limit: %d operations of the store, want none", f.operations-before)
			}
			wantError(t, "another address", c.send(f, 99, other), c.want)
			f.now = f.now.Add(account.RateWindow)
			if c.send(f, 98, attacker); f.operations == before {
				t.Error("the address is refused in the next window")
			}
		})
	}
}

// TestFlood_Number sends passwords for a locked number from many addresses: the first reaches the
// store, the others do not. A known device gets in.
func TestFlood_Number(t *testing.T) {
	for name, number := range map[string]string{"of an account": testPhone, "without an account": newTestPhone} {
		f := newFixture(t)
		device := f.addUser(t).Device
		f.lock()
		f.count("login-number", newTestPhone, account.RateWindow, account.MaxFailedLogins)
		before := 0
		for n := range 30 {
			_, err := f.auth.LogIn(t.Context(), number, testPassword, account.Caller{IP: fmt.Sprint(n)})
			wantError(t, name, err, apperr.LoginLocked)
			if n == 0 {
				before = f.operations
			}
		}
		if f.operations != before {
			t.Errorf("a locked number %s: %d operations for 29 passwords, want none", name, f.operations-before)
		}
		_, err := f.logInFrom("1.1.1.1", device, testPassword)
		wantError(t, "the known device", err, "")
	}
}

// TestSendCode_ReserveOfUsers checks that sign-ups cannot use up the codes of those who have an
// account, and that those can use all.
func TestSendCode_ReserveOfUsers(t *testing.T) {
	f := newFixture(t)
	f.addUser(t)
	f.auth.OTP.Limiter.PerClient, f.sender.MaxPerDay = 1000, 10
	for n := range 30 {
		_, _ = f.sms.SendCode(t.Context(), fmt.Sprintf("+98912000%04d", n), account.PurposeSignUp, account.Caller{})
	}
	if len(f.smsTexts) != 8 {
		t.Errorf("sign-ups: %d codes sent, want 8 of 10", len(f.smsTexts))
	}
	for _, purpose := range []string{account.PurposeLogin, account.PurposeReset, account.PurposePhone} {
		f.requestCode(t, testPhone, purpose)
	}
	if len(f.smsTexts) != 10 {
		t.Errorf("with those of a user: %d codes sent, want 10", len(f.smsTexts))
	}
}
