package wire

import (
	"strings"

	"ticketsystem/pkg/apperr"
)

// BearerToken reads an Authorization header (RFC 6750); "" when there is none.
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

// A browser takes a cookie whose name begins with __Host- only over https, for
// this one host and all of it: no other host can plant one. Over plain http,
// on one machine, it would take none, so the name and the flags differ there.
const (
	cookieName      = "__Host-session"
	cookieNamePlain = "session"
)

// CookieName returns the name of the session cookie.
func CookieName(plain bool) string {
	if plain {
		return cookieNamePlain
	}
	return cookieName
}

// SessionCookie finds the session's among cookies ("name=value"); "" when it
// is not there.
func SessionCookie(cookies []string, plain bool) string {
	for _, one := range cookies {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		if name == CookieName(plain) {
			return value
		}
	}
	return ""
}
