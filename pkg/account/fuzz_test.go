package account

import (
	"context"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/fault"
)

// nobodyHome has no session at all.
type nobodyHome struct{ CookieStore }

func (nobodyHome) Session(context.Context, string, string) (Session, bool, error) {
	return Session{}, false, nil
}

// FuzzCookie: a cookie that names no session is a session that has ended.
func FuzzCookie(f *testing.F) {
	for _, cookie := range []string{"", "AAAA", strings.Repeat("A", 86), strings.Repeat("_", 86), strings.Repeat("A", 85) + "="} {
		f.Add(cookie)
	}
	gate := &Gate{Cookies: nobodyHome{}, Now: time.Now}
	f.Fuzz(func(t *testing.T, cookie string) {
		if who, err := gate.Cookie(t.Context(), cookie); !fault.Is(err, fault.SessionEnded) || who.UserID != "" {
			t.Errorf("%q: got %+v, %v", cookie, who, err)
		}
	})
}

// FuzzRefreshToken: what the house has not written is no refresh token, and
// what it has reads the same.
func FuzzRefreshToken(f *testing.F) {
	edge, err := auth.NewEdge("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		f.Fatal(err)
	}
	s := &Service{Edge: edge}
	for _, token := range []string{"", "AAAA", strings.Repeat("A", 107), strings.Repeat("A", 108), strings.Repeat("-", 107)} {
		f.Add(token, []byte("secret"))
	}
	f.Fuzz(func(t *testing.T, token string, secret []byte) {
		if got, ok := s.read(token); ok {
			t.Errorf("%q: got %+v, want no token", token, got)
		}
		var own refreshToken
		copy(own.secret[:], secret)
		copy(own.user[:], token)
		if got, ok := s.read(s.write(own)); !ok || got != own {
			t.Errorf("got %+v, %v, want %+v", got, ok, own)
		}
	})
}
