package api

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/fault"
)

// A browser takes a cookie whose name begins with __Host- only over https, for
// this one host and all of it: no other host can plant one. Over plain http,
// on one machine, it would take none, so the name and the flags differ there.
const (
	cookieName      = "__Host-session"
	cookieNamePlain = "session"
	csrfHeader      = "x-csrf-token"
)

// plain says that a request came over http.
func (r *Request) plain() bool { return r.header("x-forwarded-proto") == "http" }

func nameOfCookie(plain bool) string {
	if plain {
		return cookieNamePlain
	}
	return cookieName
}

// sessionCookie finds the session's among cookies ("name=value"); "" when it
// is not there.
func sessionCookie(cookies []string, plain bool) string {
	for _, one := range cookies {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		if name == nameOfCookie(plain) {
			return value
		}
	}
	return ""
}

// setCookie writes a Set-Cookie; seconds is how long it lives, 0 takes it away.
func (r *Request) setCookie(value string, seconds int) string {
	c := http.Cookie{ //nolint:gosec // without Secure where there is no https: on one machine
		Name: nameOfCookie(r.plain()), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: !r.plain(), SameSite: http.SameSiteLaxMode,
	}
	if seconds == 0 {
		c.MaxAge = -1
	}
	return c.String()
}

// checkCSRF refuses a write with a cookie that was not made by a page of ours:
// another page can make the browser send the cookie, but cannot read the token.
//
// Errors: csrf.
func (r *Request) checkCSRF() error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	want := account.CSRFToken(r.cookie)
	if subtle.ConstantTimeCompare([]byte(r.header(csrfHeader)), []byte(want)) != 1 {
		return fault.New(fault.CSRF, "")
	}
	return nil
}
