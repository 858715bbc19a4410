package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/user"
)

// A session cookie is the user and the family (ULIDs) and a secret (32 bytes).
// Its hash has a label of its own, so that no part of a refresh token is a
// cookie; and it has no tag, so that no cookie is a refresh token.
const (
	cookieBytes = 2*len(ulid.ULID{}) + secretBytes
	cookieLabel = "session cookie"
	csrfLabel   = "csrf"
	// lastUsedInterval is how often at most the use of a cookie is written down.
	lastUsedInterval = time.Hour
)

// newCookieSession opens a session of a browser and gives its cookie.
func (a *Auth) newCookieSession(u user.User, caller Caller) (Session, string, error) {
	session, token, err := a.newSessionFamily(u, caller)
	if err != nil {
		return Session{}, "", err
	}
	session.CurrentHash = cookieHash(token.bytes())
	return session, base64.RawURLEncoding.EncodeToString(token.bytes()), nil
}

func cookieHash(raw []byte) string {
	sum := sha256.Sum256(slices.Concat([]byte(cookieLabel), raw))
	return hex.EncodeToString(sum[:])
}

// CSRFToken is what a page must show along with a cookie to write anything.
// Only who can read the cookie can make it: the house, and not another page.
func CSRFToken(cookie string) string {
	sum := sha256.Sum256([]byte(csrfLabel + cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// CookieStore keeps the sessions that cookies name.
type CookieStore interface {
	// Session reads one, strongly. found is false when it has ended.
	Session(ctx context.Context, userID, family string) (s Session, found bool, err error)
	// TouchSession notes that a session is used and lives on, unless it has ended.
	TouchSession(ctx context.Context, userID, family string, now time.Time) error
}

// AuthenticateCookie gives the person behind a session cookie, by one read: an ended
// session lets nobody in any more. Errors: session_ended.
func (a *Authenticator) AuthenticateCookie(ctx context.Context, cookie string) (user.Principal, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || len(raw) != cookieBytes {
		return user.Principal{}, apperr.New(apperr.SessionEnded, "")
	}
	userID, family := ulid.ULID(raw[:16]).String(), ulid.ULID(raw[16:32]).String()
	s, found, err := a.Cookies.Session(ctx, userID, family)
	if err != nil {
		return user.Principal{}, err
	}
	now := a.Now()
	if !found || !s.ExpiresAt.After(now) || s.User.Disabled || subtle.ConstantTimeCompare([]byte(s.CurrentHash), []byte(cookieHash(raw))) != 1 {
		return user.Principal{}, apperr.New(apperr.SessionEnded, "")
	}
	if now.Sub(s.LastUsedAt) >= lastUsedInterval {
		if err := a.Cookies.TouchSession(ctx, userID, family, now); err != nil {
			return user.Principal{}, err
		}
	}
	principal := s.User.Principal(family)
	principal.IssuedAt = now
	return principal, nil
}
