package api

import (
	"crypto/subtle"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
)

const csrfHeader = "x-csrf-token"

// isPlainHTTP reports whether the client uses HTTP without TLS (local stack).
func (r *Request) isPlainHTTP() bool { return r.header("x-forwarded-proto") == "http" }

// setCookie returns the Set-Cookie header of a cookie. maxAge is in seconds; 0 deletes it.
func (r *Request) setCookie(name, value string, maxAge int) string {
	c := http.Cookie{ //nolint:gosec // Secure is off for plain HTTP only
		Name: wire.CookieName(name, r.isPlainHTTP()), Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: !r.isPlainHTTP(), SameSite: http.SameSiteLaxMode,
	}
	if maxAge == 0 {
		c.MaxAge = -1
	}
	return c.String()
}

// extendCookie sets the session cookie of the request again, with its full lifetime, unless the
// response replaces or deletes it. No cache may store the response.
func (r *Request) extendCookie(response Response) Response {
	name := wire.CookieName(wire.SessionCookie, r.isPlainHTTP())
	if slices.ContainsFunc(response.Cookies, func(c string) bool { return strings.HasPrefix(c, name+"=") }) {
		return response
	}
	response.Cookies = append(slices.Clip(response.Cookies), r.setCookie(wire.SessionCookie, r.cookie, int(account.SessionTTL/time.Second)))
	response.Headers = maps.Clone(response.Headers)
	delete(response.Headers, "cache-control")
	return response.with("cache-control", "no-store")
}

// setDevice returns the Set-Cookie headers of a device cookie, none for "" and for pages of
// foreign origins.
func (r *Request) setDevice(value string) []string {
	if value == "" || r.checkOrigin() != nil {
		return nil
	}
	return []string{r.setCookie(wire.DeviceCookie, value, int(account.DeviceTTL/time.Second))}
}

// checkCSRF requires the CSRF token on writes that are authenticated by cookie. Pages of
// other origins can make the browser send the cookie, but cannot read the token.
//
// It fails with csrf.
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

// checkOrigin rejects pages of foreign origins. It guards requests that set the session cookie:
// a page could otherwise sign its visitor in as another user. Clients that are not browsers
// send no Origin header.
//
// It fails with origin_not_allowed.
func (r *Request) checkOrigin() error {
	origin := r.header("origin")
	if origin == "" || slices.Contains(r.allowedOrigins, origin) {
		return nil
	}
	if own, err := url.Parse(r.baseURL); err == nil && own.Host != "" && origin == own.Scheme+"://"+own.Host {
		return nil
	}
	return apperr.New(apperr.OriginNotAllowed, "")
}

// checkCookieOrigin is checkOrigin, and rejects pages of another site too: browsers do not store a
// cookie with SameSite=Lax from a response to them.
//
// It fails with origin_not_allowed.
func (r *Request) checkCookieOrigin() error {
	if err := r.checkOrigin(); err != nil {
		return err
	}
	if r.header("sec-fetch-site") == "cross-site" {
		return apperr.New(apperr.OriginNotAllowed, "The browser would not store the session cookie for a page of another site than that of the API. Use tokens, or serve the page from a domain of the same site.")
	}
	return nil
}
