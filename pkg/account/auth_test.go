package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// TestSignUp_WeakPasswordKeepsCode checks that a weak password uses up no attempt on the
// code.
func TestSignUp_WeakPasswordKeepsCode(t *testing.T) {
	f := newFixture(t)
	code := f.requestCode(t, testPhone, account.PurposeSignUp)
	for _, weak := range []string{"short", "09121234567", "password", "aaaaaaaaaa", "abcdefgh"} {
		for range account.MaxCodeAttempts {
			if _, err := f.auth.SignUp(context.Background(), testPhone, weak, account.CodeInput{Digits: code}, "", account.Caller{}); !apperr.Is(err, apperr.WeakPassword) {
				t.Errorf("%s: got %v", weak, err)
			}
		}
	}
	got, err := f.auth.SignUp(context.Background(), testPhone, testPassword, account.CodeInput{Digits: code}, "Sara", account.Caller{Locale: "fa"})
	want := user.User{ID: got.User.ID, Phone: testPhone, Role: user.RoleUser, Name: "Sara", Locale: "fa", Notifications: user.NotificationPreferences{Email: true, SMS: true, Push: true}, CreatedAt: f.now}
	if err != nil || got.User != want || got.ExpiresIn != 900 {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestLogIn(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.addUser(t)
	must(f.PutAccount(ctx, account.Login{Phone: "+989120000000"})) // login by code only
	for _, c := range []struct {
		name, phone, password string
		want                  apperr.Code
	}{
		{"correct password", "09121234567", testPassword, ""},
		{"wrong password", testPhone, "another-horse-7", apperr.LoginWrong},
		{"unknown number", "09127654321", testPassword, apperr.LoginWrong},
		{"account without a password", "09120000000", "", apperr.LoginWrong},
		{"invalid number", "x", testPassword, apperr.InvalidBody},
	} {
		_, err := f.auth.LogIn(ctx, c.phone, c.password, account.Caller{IP: c.name})
		if c.want == "" && err != nil || c.want != "" && !apperr.Is(err, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// TestLogIn_RateLimits checks that logins are locked after maxFailedLogins failures per
// phone number, or PerIP failures per IP address, until the next window. A correct
// password is not counted.
func TestLogIn_RateLimits(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		limit int
		phone func(n int) string
		from  func(n int) string
	}{
		"one number, many IP addresses": {100, func(int) string { return testPhone }, func(n int) string { return string(rune('a' + n)) }},
		"one IP address, many numbers":  {account.MaxFailedLogins, func(n int) string { return "+98912000000" + string(rune('0'+n)) }, func(int) string { return "1.2.3.4" }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.addUser(t)
			f.auth.OTP.Limiter.PerClient = c.limit
			try := func(n int, password string) error {
				_, err := f.auth.LogIn(ctx, c.phone(n), password, account.Caller{IP: c.from(n)})
				return err
			}
			if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{IP: c.from(0)}); err != nil {
				t.Fatal(err)
			}
			for n := range account.MaxFailedLogins - 2 { // without hashing, which is slow
				if err := f.auth.LoginFailed(ctx, c.phone(n), f.auth.OTP.Limiter.NewCounter("login-address", c.from(n), account.RateWindow), false); !apperr.Is(err, apperr.LoginWrong) {
					t.Fatal(err)
				}
			}
			for n := range 2 {
				if err := try(n, "wrong-horse-7"); !apperr.Is(err, apperr.LoginWrong) {
					t.Errorf("failure %d: got %v", n+1, err)
				}
			}
			err := try(0, testPassword)
			if got := apperr.From(err); got.Code != apperr.LoginLocked || got.RetryAfter <= 0 || got.RetryAfter > account.RateWindow {
				t.Errorf("after the limit: got %v, retry after %v", err, got.RetryAfter)
			}
			f.now = f.now.Add(account.RateWindow)
			if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{IP: c.from(0)}); err != nil {
				t.Errorf("next window: got %v", err)
			}
		})
	}
}

// TestLogIn_UnknownNumber checks that attempts on a number without a login are limited as
// others are, and do not store the number.
func TestLogIn_UnknownNumber(t *testing.T) {
	f := newFixture(t)
	f.auth.OTP.Limiter.PerClient = 100
	const unknown = "+989121110000"
	for n := range account.MaxFailedLogins + 1 {
		want := apperr.LoginWrong
		if n == account.MaxFailedLogins {
			want = apperr.LoginLocked
		}
		if _, err := f.auth.LogIn(t.Context(), unknown, testPassword, account.Caller{IP: string(rune('a' + n))}); !apperr.Is(err, want) {
			t.Errorf("attempt %d: got %v, want %s", n+1, err, want)
		}
	}
	if l, _, err := f.Login(t.Context(), unknown); err != nil || !l.FailureWindow.IsZero() {
		t.Errorf("got failure window %v, %v: the number is stored", l.FailureWindow, err)
	}
}

// TestLogIn_SuccessClearsAttempts checks that a correct password clears the recorded
// attempts.
func TestLogIn_SuccessClearsAttempts(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.addUser(t)
	for range account.MaxFailedLogins - 1 {
		if counted, err := f.RecordLoginAttempt(ctx, testPhone, f.now.Truncate(account.RateWindow), account.MaxFailedLogins); err != nil || !counted {
			t.Fatalf("got %v, %v", counted, err)
		}
	}
	for range 2 {
		if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{IP: "1.2.3.4"}); err != nil {
			t.Fatalf("correct password: got %v", err)
		}
		if l, _, err := f.Login(ctx, testPhone); err != nil || !l.FailureWindow.IsZero() {
			t.Errorf("got failure window %v, %v, want none", l.FailureWindow, err)
		}
	}
}

// TestLogIn_CountsBeforeCompare checks that an attempt after a recorded failure is counted
// before the comparison, also in a later window.
func TestLogIn_CountsBeforeCompare(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.addUser(t)
	if _, err := f.RecordLoginAttempt(ctx, testPhone, f.now.Truncate(account.RateWindow), account.MaxFailedLogins); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(account.RateWindow)
	for range account.MaxFailedLogins { // concurrent attempts that are not compared yet
		if _, err := f.RecordLoginAttempt(ctx, testPhone, f.now.Truncate(account.RateWindow), account.MaxFailedLogins); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{IP: "1.2.3.4"}); !apperr.Is(err, apperr.LoginLocked) {
		t.Errorf("got %v, want login_locked", err)
	}
}

func TestLogInByCode(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	f.addUser(t)
	code := f.requestCode(t, testPhone, account.PurposeLogin)
	if _, err := f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: code}, account.Caller{}); err != nil {
		t.Errorf("got %v", err)
	}
	if _, err := f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: code}, account.Caller{}); !apperr.Is(err, apperr.CodeWrong) {
		t.Errorf("again: got %v", err)
	}
	// A login code of a number without an account is never sent. A guessed one must be
	// rejected.
	unknown := "+989127654321"
	c := account.OneTimeCode{
		RecipientMAC: f.auth.OTP.KeyedHash("number", unknown), Purpose: account.PurposeLogin, ID: strings.Repeat("A", 22), SentAt: f.now, ExpiresAt: f.now.Add(time.Minute),
	}
	must(f.PutCode(ctx, c))
	if _, err := f.auth.LogInByCode(ctx, unknown, account.CodeInput{Digits: f.auth.OTP.CodeDigits(unknown, c)}, account.Caller{}); !apperr.Is(err, apperr.CodeWrong) {
		t.Errorf("unknown number: got %v", err)
	}
}
