package wire

import (
	"strings"

	"ticketsystem/pkg/apperr"
)

// BearerToken returns the token of an Authorization header (RFC 6750), "" if header is
// empty. Returns apperr.Unauthenticated for any other scheme.
func BearerToken(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	scheme, token, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return "", apperr.New(apperr.Unauthenticated, "")
	}
	return strings.TrimSpace(token), nil
}

// Names of the session cookie. Browsers accept the prefix __Host- only over HTTPS and
// without a Domain attribute, so no other host can set the cookie. Over plain HTTP (local
// stack) browsers would reject that name.
const (
	cookieName      = "__Host-session"
	cookieNamePlain = "session"
)

// CookieName returns the name of the session cookie for HTTPS or plain HTTP.
func CookieName(plainHTTP bool) string {
	if plainHTTP {
		return cookieNamePlain
	}
	return cookieName
}

// SessionCookie returns the value of the session cookie among cookies ("name=value"), or "".
func SessionCookie(cookies []string, plainHTTP bool) string {
	for _, cookie := range cookies {
		name, value, _ := strings.Cut(strings.TrimSpace(cookie), "=")
		if name == CookieName(plainHTTP) {
			return value
		}
	}
	return ""
}
