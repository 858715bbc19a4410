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

// A session cookie consists of the user id and the family (ULIDs) and a secret. Its
// hash has a label, so that a part of a refresh token is not a valid cookie. It has no
// MAC, so that a cookie is not a valid refresh token.
const (
	cookieBytes = 2*len(ulid.ULID{}) + secretBytes
	cookieLabel = "session cookie"
	csrfLabel   = "csrf"
	// lastUsedInterval is the minimum time between two updates of LastUsedAt. It
	// bounds the writes of a session that is in constant use.
	lastUsedInterval = time.Hour
)

// newCookieSession returns a session with a cookie, and the cookie.
func (s *SessionTokens) newCookieSession(u user.User, caller Caller) (Session, string, error) {
	session, token, err := s.newSessionFamily(u, caller)
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

// CSRFToken returns the token that a write request must carry along with the cookie.
// Pages of other origins cannot read the cookie and so cannot compute it.
func CSRFToken(cookie string) string {
	sum := sha256.Sum256([]byte(csrfLabel + cookie))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// CookieStore stores the sessions of cookies.
type CookieStore interface {
	// Session returns a session by a consistent read. found is false if the session
	// does not exist.
	Session(ctx context.Context, userID, family string) (s Session, found bool, err error)
	// TouchSession sets LastUsedAt and extends the session. It does nothing if the
	// session does not exist.
	TouchSession(ctx context.Context, userID, family string, now time.Time) error
}

// VerifyCookie returns the principal of a session cookie. It fails with session_ended. It reads
// the session every time, so a deleted session is rejected at once.
func (a *Authenticator) VerifyCookie(ctx context.Context, cookie string) (user.Principal, error) {
	actor, _, err := a.verifyCookie(ctx, cookie)
	return actor, err
}

// AuthenticateCookie is VerifyCookie for requests whose response can set the cookie: it extends a
// session that was not used within the hour by SessionTTL, and reports that. The lifetime of the
// cookie is to be extended too then.
func (a *Authenticator) AuthenticateCookie(ctx context.Context, cookie string) (actor user.Principal, extended bool, err error) {
	actor, lastUsed, err := a.verifyCookie(ctx, cookie)
	if err != nil || actor.IssuedAt.Sub(lastUsed) < lastUsedInterval {
		return actor, false, err
	}
	if err := a.Cookies.TouchSession(ctx, actor.UserID, actor.Session, actor.IssuedAt); err != nil {
		return user.Principal{}, false, err
	}
	return actor, true, nil
}

// verifyCookie also returns when the session was used last.
func (a *Authenticator) verifyCookie(ctx context.Context, cookie string) (actor user.Principal, lastUsed time.Time, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || len(raw) != cookieBytes {
		return user.Principal{}, time.Time{}, apperr.New(apperr.SessionEnded, "")
	}
	userID, family := ulid.ULID(raw[:16]).String(), ulid.ULID(raw[16:32]).String()
	s, found, err := a.Cookies.Session(ctx, userID, family)
	if err != nil {
		return user.Principal{}, time.Time{}, err
	}
	now := a.Now()
	if !found || !s.usable(now, a.StaffSecondFactor) || subtle.ConstantTimeCompare([]byte(s.CurrentHash), []byte(cookieHash(raw))) != 1 {
		return user.Principal{}, time.Time{}, apperr.New(apperr.SessionEnded, "")
	}
	actor = s.User.Principal(family)
	actor.IssuedAt = now
	return actor, s.LastUsedAt, nil
}
