package account_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
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
			f.auth.OTP.Limits.PerIP = c.limit
			try := func(n int, password string) error {
				_, err := f.auth.LogIn(ctx, c.phone(n), password, account.Caller{IP: c.from(n)})
				return err
			}
			if _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{IP: c.from(0)}); err != nil {
				t.Fatal(err)
			}
			for n := range account.MaxFailedLogins - 2 { // without hashing, which is slow
				if err := f.auth.LoginFailed(ctx, c.phone(n), f.auth.OTP.NewRateCounter("login-address", c.from(n), account.RateWindow), false); !apperr.Is(err, apperr.LoginWrong) {
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
	f.auth.OTP.Limits.PerIP = 100
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

// TestRefresh_ForgedToken checks that forged tokens are rejected and end no session.
func TestRefresh_ForgedToken(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	good := f.addUser(t).Refresh
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		forged := append([]byte(nil), raw...)
		forged[i] ^= 1
		if _, err := f.auth.Refresh(ctx, base64.RawURLEncoding.EncodeToString(forged)); !apperr.Is(err, apperr.SessionEnded) {
			t.Fatalf("byte %d: got %v", i, err)
		}
	}
	for _, malformed := range []string{"", "x", good + "A", good[:len(good)-1], strings.ToUpper(good)} {
		if _, err := f.auth.Refresh(ctx, malformed); !apperr.Is(err, apperr.SessionEnded) {
			t.Errorf("%q: got %v", malformed, err)
		}
		if err := f.auth.Sessions.LogOut(ctx, user.Principal{}, malformed); malformed != "" && err != nil {
			t.Errorf("logout with %q: got %v", malformed, err)
		}
	}
	if _, err := f.auth.Refresh(ctx, good); err != nil {
		t.Errorf("valid token: got %v", err)
	}
}

// TestRefresh_GracePeriod checks that the previous token returns the same successor
// within the grace period, and ends the session and its access tokens after it.
func TestRefresh_GracePeriod(t *testing.T) {
	ctx := context.Background()
	for wait, ended := range map[time.Duration]bool{0: false, account.ReuseGracePeriod: false, account.ReuseGracePeriod + time.Millisecond: true} {
		f := newFixture(t)
		user := f.addUser(t)
		first, family := user.Refresh, f.sessionsOf(user.User.ID)[0].Family
		next, err := f.auth.Refresh(ctx, first)
		if err != nil || next.Refresh == first {
			t.Fatalf("got %v", err)
		}
		f.now = f.now.Add(wait)
		again, err := f.auth.Refresh(ctx, first)
		if !ended && (err != nil || again.Refresh != next.Refresh) || ended && !apperr.Is(err, apperr.RefreshReused) {
			t.Errorf("after %v: got %v, the same successor %v", wait, err, again.Refresh == next.Refresh)
		}
		if _, err := f.auth.Refresh(ctx, next.Refresh); apperr.Is(err, apperr.SessionEnded) != ended {
			t.Errorf("after %v, the successor: got %v, want ended %v", wait, err, ended)
		}
		if revoked := len(f.revoked(family)) > 0; revoked != ended {
			t.Errorf("after %v: got access tokens revoked %v, want %v", wait, revoked, ended)
		}
	}
}

func TestLogOut(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		principal func(mine user.Principal) user.Principal
		token     bool
		ended     bool
		refreshes int // of the session, before the logout with its first token
	}{
		"own session":               {func(p user.Principal) user.Principal { return p }, false, true, 0},
		"own token":                 {func(p user.Principal) user.Principal { return p }, true, true, 0},
		"token without a principal": {func(user.Principal) user.Principal { return user.Principal{} }, true, true, 0},
		"token before the last":     {func(user.Principal) user.Principal { return user.Principal{} }, true, true, 2},
		"token of another user":     {func(user.Principal) user.Principal { return user.Principal{UserID: "reza", Session: "x"} }, true, false, 0},
		"unknown session":           {func(p user.Principal) user.Principal { p.Session = "x"; return p }, false, false, 0},
	} {
		f := newFixture(t)
		tokens := f.addUser(t)
		family := f.sessionsOf(tokens.User.ID)[0].Family
		token := ""
		if c.token {
			token = tokens.Refresh
		}
		newest := tokens.Refresh
		for range c.refreshes {
			next, err := f.auth.Refresh(ctx, newest)
			if err != nil {
				t.Fatalf("%s: got %v", name, err)
			}
			newest = next.Refresh
		}
		if err := f.auth.Sessions.LogOut(ctx, c.principal(tokens.User.Principal(family)), token); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := f.auth.Refresh(ctx, newest); apperr.Is(err, apperr.SessionEnded) != c.ended {
			t.Errorf("%s: refresh afterwards: got %v, want ended %v", name, err, c.ended)
		}
		if revoked := len(f.revoked(family)) > 0; revoked != c.ended {
			t.Errorf("%s: got access tokens revoked %v, want %v", name, revoked, c.ended)
		}
	}
}

// TestTokens_IssuedAt checks that the time in an access token, with which revocations are compared,
// is before the user's rights were read, however long it takes to issue the token.
func TestTokens_IssuedAt(t *testing.T) {
	f := newFixture(t)
	first := f.addUser(t)
	issuer := f.auth.Issuer
	f.auth.Issuer = func(ctx context.Context) (*auth.Issuer, error) {
		f.now = f.now.Add(time.Minute) // reads the private key
		return issuer(ctx)
	}
	code := func() account.CodeInput {
		f.now = f.now.Add(2 * time.Minute)
		return account.CodeInput{Digits: f.requestCode(t, testPhone, account.PurposeLogin)}
	}
	for name, issue := range map[string]func() (account.Tokens, error){
		"password": func() (account.Tokens, error) {
			return f.auth.LogIn(t.Context(), testPhone, testPassword, account.Caller{})
		},
		"code": func() (account.Tokens, error) {
			return f.auth.LogInByCode(t.Context(), testPhone, code(), account.Caller{})
		},
		"password and code": func() (account.Tokens, error) {
			return f.auth.LogInByPasswordAndCode(t.Context(), testPhone, testPassword, code(), account.Caller{})
		},
		"refresh": func() (account.Tokens, error) { return f.auth.Refresh(t.Context(), first.Refresh) },
	} {
		tokens, err := issue()
		if err != nil {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(tokens.Access, ".")[1])
		must(err)
		var claims struct {
			Issued int64 `json:"iat_ms"`
		}
		must(json.Unmarshal(payload, &claims))
		if want := f.now.Add(-time.Minute); claims.Issued != want.UnixMilli() {
			t.Errorf("%s: issued at %v, want %v, before the private key was read", name, time.UnixMilli(claims.Issued).UTC(), want)
		}
	}
}
