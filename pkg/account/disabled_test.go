package account_test

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// TestLogIn_DisabledAccount checks that every credential of a disabled user is rejected.
func TestLogIn_DisabledAccount(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	tokens := f.addUser(t)
	browser, authenticator := f.addBrowserSession(t)
	code := f.requestCode(t, testPhone, account.PurposeLogin)
	disabled := f.login(testPhone).User
	disabled.Disabled = true
	f.putUser(disabled)
	for _, id := range []string{tokens.User.ID, browser.User.ID} {
		for _, s := range f.sessionsOf(id) {
			s.User.Disabled = true
			must(f.CreateSession(ctx, s, nil))
		}
	}
	for name, c := range map[string]struct {
		authenticate func() error
		want         apperr.Code
	}{
		"password": {func() error { _, err := f.auth.LogIn(ctx, testPhone, testPassword, account.Caller{}); return err }, apperr.AccountDisabled},
		"code": {func() error {
			_, err := f.auth.LogInByCode(ctx, testPhone, account.CodeInput{Digits: code}, account.Caller{})
			return err
		}, apperr.AccountDisabled},
		"refresh": {func() error { _, err := f.auth.Refresh(ctx, tokens.Refresh); return err }, apperr.SessionEnded},
		"cookie":  {func() error { _, _, err := authenticator.AuthenticateCookie(ctx, browser.Cookie); return err }, apperr.SessionEnded},
	} {
		if err := c.authenticate(); !apperr.Is(err, c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

// TestCheckSession_StaleRevocations checks that a demoted user opens no socket although the
// read of the revocations, which is not strongly consistent, misses the demotion.
func TestCheckSession_StaleRevocations(t *testing.T) {
	ctx := context.Background()
	f := newFixture(t)
	browser, authenticator := f.addBrowserSession(t)
	authenticator.Revocations = account.NewRevocationCache(f, f.clock)
	principal, _, err := authenticator.AuthenticateCookie(ctx, browser.Cookie)
	must(err)
	must(authenticator.CheckSession(ctx, principal))
	for _, s := range f.sessionsOf(browser.User.ID) {
		s.User.Role = user.RoleSupport
		must(f.CreateSession(ctx, s, nil))
	}
	if err := authenticator.CheckSession(ctx, principal); !apperr.Is(err, apperr.TokenExpired) {
		t.Errorf("got %v, want %s", err, apperr.TokenExpired)
	}
}

// TestLogIn_Blocked checks that a user who started too many sessions cannot start another
// until the block ends, and that no password is hashed until then.
func TestLogIn_Blocked(t *testing.T) {
	f := newFixture(t)
	u := f.addUser(t).User
	must(f.BlockLogin(context.Background(), u.Phone, 50, f.now.Add(time.Minute)))
	logIn := func(password string) *apperr.Error {
		_, err := f.auth.LogIn(context.Background(), u.Phone, password, account.Caller{})
		return apperr.From(err)
	}
	if err := logIn(testPassword); err == nil || err.Code != apperr.RateLimited || err.RetryAfter != time.Minute || err.Quota != (apperr.Quota{Name: "sessions", Max: 50, Window: time.Hour}) {
		t.Errorf("got %v, want rate_limited with its quota", err)
	}
	if err := logIn("wrong password"); err == nil || err.Code != apperr.RateLimited {
		t.Errorf("wrong password: got %v, want it refused before it is compared", err)
	}
	f.now = f.now.Add(time.Minute)
	if err := logIn(testPassword); err != nil {
		t.Errorf("after the block: got %v", err)
	}
}
