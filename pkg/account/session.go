package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"io"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

const (
	// SessionTTL is how long a session lives after its last use.
	SessionTTL = 30 * 24 * time.Hour
	// reuseGracePeriod is how long the previous refresh token is still accepted.
	reuseGracePeriod = 10 * time.Second
)

// Session is a login session. For clients with refresh tokens it is a token family:
// each use replaces the token by its successor. Only hashes are stored.
type Session struct {
	Family       string // ULID; the session id of the API
	CurrentHash  string // of the valid token or cookie
	PreviousHash string // of the token before it
	RotatedAt    time.Time
	UserAgent    string
	CreatedAt    time.Time
	LastUsedAt   time.Time
	ExpiresAt    time.Time
	TwoFactor    bool      // opened by password and code
	User         user.User // a copy; the stream updates it
}

// lacksFactor reports whether the session of a staff member was opened by one factor. The
// user may have become staff after the login.
func (s Session) lacksFactor() bool { return s.User.Role.IsStaff() && !s.TwoFactor }

// usable reports whether the session is valid.
func (s Session) usable(now time.Time, staffSecondFactor bool) bool {
	return s.ExpiresAt.After(now) && !s.User.Disabled && !(staffSecondFactor && s.lacksFactor())
}

// A refresh token consists of the user id and the family (ULIDs), a secret and a
// MAC. The MAC distinguishes forged tokens from tokens that were used before: only
// the latter end a session.
const (
	secretBytes = 32
	macBytes    = 16
	tokenBytes  = 2*len(ulid.ULID{}) + secretBytes + macBytes
)

type refreshToken struct {
	user   ulid.ULID
	family ulid.ULID
	secret [secretBytes]byte
}

// TokenStore stores the hashes of refresh tokens.
type TokenStore interface {
	// RotateSession replaces the token hash currentHash by nextHash in one write. If
	// the session has another current hash, rotated is false and s is the stored
	// session; found is false if the session does not exist.
	RotateSession(ctx context.Context, userID, family, currentHash, nextHash string, now time.Time) (s Session, rotated, found bool, err error)

	// EndSession deletes a session of the user and revokes its access tokens, in one
	// transaction. ended is false if there was no such session, or it had expired.
	EndSession(ctx context.Context, userID, family string, at time.Time) (ended bool, err error)
}

// SessionTokens creates and rotates the refresh tokens and cookies of sessions.
type SessionTokens struct {
	Store  TokenStore
	Key    auth.SecretKey
	Now    func() time.Time
	NewID  func() string
	Random io.Reader
	// StaffSecondFactor makes sessions of staff invalid that were opened by one factor.
	StaffSecondFactor bool
}

// newSession returns a session with a refresh token, and the token.
func (s *SessionTokens) newSession(u user.User, caller Caller) (Session, string, error) {
	session, token, err := s.newSessionFamily(u, caller)
	if err != nil {
		return Session{}, "", err
	}
	session.CurrentHash = token.hash()
	return session, s.formatToken(token), nil
}

// newSessionFamily returns a session and its first secret. The caller sets
// CurrentHash.
func (s *SessionTokens) newSessionFamily(u user.User, caller Caller) (Session, refreshToken, error) {
	family := s.NewID()
	token := refreshToken{user: ulid.MustParse(u.ID), family: ulid.MustParse(family)}
	if _, err := io.ReadFull(s.Random, token.secret[:]); err != nil {
		return Session{}, refreshToken{}, err
	}
	now := s.Now()
	return Session{
		Family: family, UserAgent: caller.UserAgent, CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(SessionTTL), User: u,
	}, token, nil
}

// rotate replaces a refresh token by its successor and returns both the session and
// the successor. Errors are those of Auth.Refresh.
func (s *SessionTokens) rotate(ctx context.Context, token string) (Session, string, error) {
	old, ok := s.parseToken(token)
	if !ok {
		return Session{}, "", apperr.New(apperr.SessionEnded, "")
	}
	next := s.nextToken(old)
	now := s.Now()
	session, rotated, found, err := s.Store.RotateSession(ctx, old.user.String(), old.family.String(), old.hash(), next.hash(), now)
	switch {
	case err != nil:
		return Session{}, "", err
	case !found || !session.usable(now, s.StaffSecondFactor):
		return Session{}, "", apperr.New(apperr.SessionEnded, "")
	case rotated, session.PreviousHash == old.hash() && now.Sub(session.RotatedAt) <= reuseGracePeriod:
		return session, s.formatToken(next), nil
	}
	if _, err := s.Store.EndSession(ctx, old.user.String(), old.family.String(), now); err != nil {
		return Session{}, "", err
	}
	return Session{}, "", apperr.New(apperr.RefreshReused, "")
}

// LogOut ends the actor's session, or the session of a refresh token if one is given,
// with its access tokens and sockets. An actor without an access token is authenticated by the refresh token,
// which may have been replaced: the client that replaced it is logged out too. An unknown token, or that of
// another user, is ignored.
func (s *SessionTokens) LogOut(ctx context.Context, actor user.Principal, token string) error {
	if token == "" {
		_, err := s.Store.EndSession(ctx, actor.UserID, actor.Session, s.Now())
		return err
	}
	old, ok := s.parseToken(token)
	if !ok || actor.UserID != "" && actor.UserID != old.user.String() {
		return nil
	}
	_, err := s.Store.EndSession(ctx, old.user.String(), old.family.String(), s.Now())
	return err
}

// nextToken returns the successor of a token. It is derived from the token, so that
// a retry returns the same successor without storing it.
func (s *SessionTokens) nextToken(t refreshToken) refreshToken {
	next := t
	copy(next.secret[:], s.Key.MAC("refresh-next", string(t.bytes())))
	return next
}

// bytes returns the token without its MAC.
func (t refreshToken) bytes() []byte { return slices.Concat(t.user[:], t.family[:], t.secret[:]) }

func (t refreshToken) hash() string {
	sum := sha256.Sum256(t.bytes())
	return hex.EncodeToString(sum[:])
}

func (s *SessionTokens) tokenMAC(t refreshToken) []byte {
	return s.Key.MAC("refresh-tag", string(t.bytes()))[:macBytes]
}

func (s *SessionTokens) formatToken(t refreshToken) string {
	return base64.RawURLEncoding.EncodeToString(append(t.bytes(), s.tokenMAC(t)...))
}

// parseToken parses a refresh token and checks its MAC.
func (s *SessionTokens) parseToken(token string) (t refreshToken, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return t, false
	}
	rest := raw[copy(t.user[:], raw):]
	rest = rest[copy(t.family[:], rest):]
	rest = rest[copy(t.secret[:], rest):]
	return t, subtle.ConstantTimeCompare(s.tokenMAC(t), rest) == 1
}
