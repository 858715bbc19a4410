package account_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
)

// addBrowserSession adds a user with a cookie session, and returns an authenticator.
func (f *fixture) addBrowserSession(t *testing.T) (account.Tokens, *account.Authenticator) {
	t.Helper()
	u := f.addUser(t).User
	tokens, err := f.auth.OpenSession(context.Background(), u, nil, account.Caller{UseCookie: true, UserAgent: "Firefox"})
	if err != nil {
		t.Fatal(err)
	}
	return tokens, &account.Authenticator{Cookies: f, Now: f.clock}
}

func TestAuthenticateCookie(t *testing.T) {
	f := newFixture(t)
	tokens, authenticator := f.addBrowserSession(t)
	if tokens.Cookie == "" || tokens.Access != "" || tokens.Refresh != "" || tokens.ExpiresIn != 30*24*3600 {
		t.Fatalf("got %+v, want a cookie for 30 days and nothing else", tokens)
	}
	principal, _, err := authenticator.AuthenticateCookie(context.Background(), tokens.Cookie)
	if err != nil || principal.UserID != tokens.User.ID || f.sessionsOf(principal.UserID)[0].UserAgent != "Firefox" || !principal.IssuedAt.Equal(f.now) {
		t.Errorf("got %+v, %v", principal, err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(tokens.Cookie)
	raw[40] ^= 1
	for name, cookie := range map[string]string{
		"empty": "", "malformed": "x", "another secret": base64.RawURLEncoding.EncodeToString(raw), "truncated": tokens.Cookie[:20],
		"too long": tokens.Cookie + "AAAA",
	} {
		if _, _, err := authenticator.AuthenticateCookie(context.Background(), cookie); !apperr.Is(err, apperr.SessionEnded) {
			t.Errorf("%s: got %v, want session_ended", name, err)
		}
	}
	if err := f.profiles.CloseSession(context.Background(), principal, principal.Session); err != nil {
		t.Fatal(err)
	}
	if _, _, err := authenticator.AuthenticateCookie(context.Background(), tokens.Cookie); !apperr.Is(err, apperr.SessionEnded) {
		t.Errorf("deleted session: got %v, want session_ended", err)
	}
}

// TestSignUp_Cookie checks that sign-up opens a cookie session as login does.
func TestSignUp_Cookie(t *testing.T) {
	f := newFixture(t)
	code := account.CodeInput{Digits: f.requestCode(t, testPhone, account.PurposeSignUp)}
	tokens, err := f.auth.SignUp(context.Background(), testPhone, testPassword, code, "Sara", account.Caller{UseCookie: true})
	if err != nil || tokens.Access+tokens.Refresh != "" || tokens.ExpiresIn != 30*24*3600 || tokens.User.Name != "Sara" {
		t.Fatalf("got %+v, %v, want a cookie for 30 days and no tokens", tokens, err)
	}
	authenticator := &account.Authenticator{Cookies: f, Now: f.clock}
	if principal, _, err := authenticator.AuthenticateCookie(context.Background(), tokens.Cookie); err != nil || principal.UserID != tokens.User.ID {
		t.Errorf("got %+v, %v", principal, err)
	}
}

// TestAuthenticateCookie_RefreshTokenRejected checks that cookies and refresh tokens are
// not interchangeable, whole or in part.
func TestAuthenticateCookie_RefreshTokenRejected(t *testing.T) {
	f := newFixture(t)
	tokens, authenticator := f.addBrowserSession(t)
	if _, err := f.auth.Refresh(context.Background(), tokens.Cookie); !apperr.Is(err, apperr.SessionEnded) {
		t.Errorf("cookie as refresh token: got %v", err)
	}
	refresh := f.addUser(t).Refresh
	raw, _ := base64.RawURLEncoding.DecodeString(refresh)
	for name, cookie := range map[string]string{"whole": refresh, "without its MAC": base64.RawURLEncoding.EncodeToString(raw[:account.CookieBytes])} {
		if _, _, err := authenticator.AuthenticateCookie(context.Background(), cookie); !apperr.Is(err, apperr.SessionEnded) {
			t.Errorf("refresh token as cookie, %s: got %v", name, err)
		}
	}
}

// TestAuthenticateCookie_Expiry checks that a session expires 30 days after its last use,
// and that its last use is written at most once an hour.
func TestAuthenticateCookie_Expiry(t *testing.T) {
	f := newFixture(t)
	tokens, authenticator := f.addBrowserSession(t)
	use := func(after time.Duration) error {
		f.now = f.now.Add(after)
		_, _, err := authenticator.AuthenticateCookie(context.Background(), tokens.Cookie)
		return err
	}
	for _, after := range []time.Duration{0, 59 * time.Minute, time.Minute, 30 * time.Minute, 29 * 24 * time.Hour, 29 * 24 * time.Hour} {
		if err := use(after); err != nil {
			t.Fatalf("after %v: got %v", after, err)
		}
	}
	if f.Calls("TouchSession") != 3 {
		t.Errorf("got %d writes of the last use, want 3", f.Calls("TouchSession"))
	}
	if err := use(account.SessionTTL); !apperr.Is(err, apperr.SessionEnded) {
		t.Errorf("after 30 idle days: got %v, want session_ended", err)
	}
}

func TestCSRFToken(t *testing.T) {
	one, other := account.CSRFToken("a"), account.CSRFToken("b")
	if one == other || one != account.CSRFToken("a") || len(one) < 40 || strings.Contains(one, "=") {
		t.Errorf("got %q and %q", one, other)
	}
}

func TestCloseSession(t *testing.T) {
	f := newFixture(t)
	ctx := context.Background()
	_, _ = f.addBrowserSession(t)
	other := newFixture(t).addUser(t).User.Principal("")
	page, more, err := f.profiles.ListSessions(ctx, f.login(testPhone).User.Principal(""), "", 1)
	if err != nil || len(page) != 1 || !more { // the other session has refresh tokens
		t.Fatalf("got %d, more %v, %v", len(page), more, err)
	}
	family := page[0].Family
	for name, id := range map[string]string{"session of another user": family, "unknown session": f.auth.NewID(), "invalid id": "x/y"} {
		if err := f.profiles.CloseSession(ctx, other, id); !apperr.Is(err, apperr.SessionNotFound) {
			t.Errorf("%s: got %v, want session_not_found", name, err)
		}
	}
	if sessions := f.sessionsOf(f.login(testPhone).User.ID); len(sessions) != 2 || len(f.revoked(family)) > 0 {
		t.Error("another user ended the session")
	}
}
