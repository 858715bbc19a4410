package api

import (
	"crypto/subtle"
	"net/http"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
)

const csrfHeader = "x-csrf-token"

// isPlainHTTP says that a request came over http.
func (r *Request) isPlainHTTP() bool { return r.header("x-forwarded-proto") == "http" }

// setCookie writes a Set-Cookie; seconds is how long it lives, 0 takes it away.
func (r *Request) setCookie(value string, seconds int) string {
	c := http.Cookie{ //nolint:gosec // without Secure where there is no https: on one machine
		Name: wire.CookieName(r.isPlainHTTP()), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: !r.isPlainHTTP(), SameSite: http.SameSiteLaxMode,
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
		return apperr.New(apperr.CSRF, "")
	}
	return nil
}
