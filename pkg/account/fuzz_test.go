package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
)

// emptyCookieStore is a CookieStore without sessions.
type emptyCookieStore struct{ CookieStore }

func (emptyCookieStore) Session(context.Context, string, string) (Session, bool, error) {
	return Session{}, false, nil
}

// FuzzCookie checks that a cookie of an unknown session fails with session_ended.
func FuzzCookie(f *testing.F) {
	for _, cookie := range []string{"", "AAAA", strings.Repeat("A", 86), strings.Repeat("_", 86), strings.Repeat("A", 85) + "="} {
		f.Add(cookie)
	}
	authenticator := &Authenticator{Cookies: emptyCookieStore{}, Now: time.Now}
	f.Fuzz(func(t *testing.T, cookie string) {
		if principal, _, err := authenticator.AuthenticateCookie(t.Context(), cookie); !apperr.Is(err, apperr.SessionEnded) || principal.UserID != "" {
			t.Errorf("%q: got %+v, %v", cookie, principal, err)
		}
	})
}

// FuzzRefreshToken checks that only formatted tokens parse, and that they parse to the
// same token.
func FuzzRefreshToken(f *testing.F) {
	key, err := auth.NewSecretKey("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		f.Fatal(err)
	}
	a := &SessionTokens{Key: key}
	for _, token := range []string{"", "AAAA", strings.Repeat("A", 107), strings.Repeat("A", 108), strings.Repeat("-", 107)} {
		f.Add(token, []byte("secret"))
	}
	f.Fuzz(func(t *testing.T, token string, secret []byte) {
		if got, ok := a.parseToken(token); ok {
			t.Errorf("%q: got %+v, want no token", token, got)
		}
		var own refreshToken
		copy(own.secret[:], secret)
		copy(own.user[:], token)
		if got, ok := a.parseToken(a.formatToken(own)); !ok || got != own {
			t.Errorf("got %+v, %v, want %+v", got, ok, own)
		}
	})
}
