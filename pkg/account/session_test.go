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
