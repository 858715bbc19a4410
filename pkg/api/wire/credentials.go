package wire

import (
	"strings"

	"ticketsystem/pkg/apperr"
)

// BearerToken returns the token of an Authorization header (RFC 6750), "" if header is
// empty. It fails with apperr.Unauthenticated for any other scheme.
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

// Names of the cookies.
const (
	SessionCookie = "session"
	DeviceCookie  = "device"
)

// CookieName returns the name of a cookie for HTTPS or plain HTTP. Browsers accept the prefix
// __Host- only over HTTPS and without a Domain attribute, so no other host can set the cookie.
// Over plain HTTP (local stack) they would reject it.
func CookieName(name string, plainHTTP bool) string {
	if plainHTTP {
		return name
	}
	return "__Host-" + name
}

// Cookie returns the value of a cookie among cookies ("name=value"), or "".
func Cookie(cookies []string, name string, plainHTTP bool) string {
	for _, cookie := range cookies {
		key, value, _ := strings.Cut(strings.TrimSpace(cookie), "=")
		if key == CookieName(name, plainHTTP) {
			return value
		}
	}
	return ""
}
