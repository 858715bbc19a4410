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
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// Session is a family of refresh tokens: each use replaces the token by its
// successor. Only hashes are kept.
type Session struct {
	Family       string // ULID; the id that GET /sessions shows
	CurrentHash  string // hash of the token that is good
	PreviousHash string // hash of the one before it
	RotatedAt    time.Time
	UserAgent    string
	CreatedAt    time.Time
	LastUsedAt   time.Time
	ExpiresAt    time.Time
	User         user.User // as of the last change the stream has seen
}

// A refresh token is the user and the family (ULIDs), a secret (32 bytes) and a
// tag (16) that only this house can make: a guessed or damaged token is told
// from one that was used before, and cannot end anybody's session.
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

// newSession opens a session of a client that refreshes, and gives its token.
func (a *Auth) newSession(u user.User, caller Caller) (Session, string, error) {
	session, token, err := a.newSessionFamily(u, caller)
	if err != nil {
		return Session{}, "", err
	}
	session.CurrentHash = token.hash()
	return session, a.formatToken(token), nil
}

// newSessionFamily draws a session and its first secret; what is kept of the secret
// is the caller's to say.
func (a *Auth) newSessionFamily(u user.User, caller Caller) (Session, refreshToken, error) {
	family := a.NewID()
	token := refreshToken{user: ulid.MustParse(u.ID), family: ulid.MustParse(family)}
	if _, err := io.ReadFull(a.Random, token.secret[:]); err != nil {
		return Session{}, refreshToken{}, err
	}
	now := a.Now()
	return Session{
		Family: family, UserAgent: caller.UserAgent, CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(SessionTTL), User: u,
	}, token, nil
}

// issueTokens signs the access token of a session.
func (a *Auth) issueTokens(ctx context.Context, session Session, refresh string) (Tokens, error) {
	issuer, err := a.Issuer(ctx)
	if err != nil {
		return Tokens{}, err
	}
	access, expiresIn, err := issuer.Issue(session.User.Principal(session.Family))
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{User: session.User, Access: access, Refresh: refresh, ExpiresIn: expiresIn}, nil
}

// Refresh replaces a refresh token by its successor, in one write. The last
// token is answered again with the same successor for a few seconds, for
// clients that lost the answer; any older one ends the session, because two
// hold it (RFC 9700, section 4.14.2).
//
// Errors: session_ended, refresh_reused.
func (a *Auth) Refresh(ctx context.Context, token string) (Tokens, error) {
	old, ok := a.parseToken(token)
	if !ok {
		return Tokens{}, apperr.New(apperr.SessionEnded, "")
	}
	next := a.nextToken(old)
	now := a.Now()
	session, rotated, found, err := a.Store.RotateSession(ctx, old.user.String(), old.family.String(), old.hash(), next.hash(), now)
	switch {
	case err != nil:
		return Tokens{}, err
	case !found || session.ExpiresAt.Before(now) || session.User.Disabled:
		return Tokens{}, apperr.New(apperr.SessionEnded, "")
	case rotated, session.PreviousHash == old.hash() && now.Sub(session.RotatedAt) <= reuseGracePeriod:
		return a.issueTokens(ctx, session, a.formatToken(next))
	}
	if _, err := a.Store.DeleteSession(ctx, old.user.String(), old.family.String(), ""); err != nil {
		return Tokens{}, err
	}
	return Tokens{}, apperr.New(apperr.RefreshReused, "")
}

// LogOut ends the caller's own session, or the one of a refresh token if it is
// the caller's. A caller without an access token proves with the refresh token
// alone. What is nobody's, or somebody else's, is left alone without a word.
func (a *Auth) LogOut(ctx context.Context, actor user.Principal, token string) error {
	if token == "" {
		_, err := a.Store.DeleteSession(ctx, actor.UserID, actor.Session, "")
		return err
	}
	old, ok := a.parseToken(token)
	if !ok || actor.UserID != "" && actor.UserID != old.user.String() {
		return nil
	}
	_, err := a.Store.DeleteSession(ctx, old.user.String(), old.family.String(), old.hash())
	return err
}

// ListSessions reads a page of one's own sessions, newest first, behind a family.
func (a *Auth) ListSessions(ctx context.Context, actor user.Principal, after string, limit int) (page []Session, more bool, err error) {
	return a.Store.ListSessions(ctx, actor.UserID, after, limit)
}

// CloseSession ends one of one's own sessions: a cookie and the refresh token
// at once, an access token within seconds.
//
// Errors: session_not_found, also for another person's.
func (a *Auth) CloseSession(ctx context.Context, actor user.Principal, family string) error {
	if !id.Valid(family) {
		return apperr.New(apperr.SessionNotFound, "")
	}
	ended, err := a.Store.DeleteSession(ctx, actor.UserID, family, "")
	if err == nil && !ended {
		err = apperr.New(apperr.SessionNotFound, "")
	}
	if err != nil {
		return err
	}
	return a.Store.AddRevocation(ctx, family, user.Revocation{At: a.Now()})
}

// nextToken is the same for the same token, so that a repeat gets it again
// without its ever being stored.
func (a *Auth) nextToken(t refreshToken) refreshToken {
	next := t
	copy(next.secret[:], a.Key.MAC("refresh-next", string(t.bytes())))
	return next
}

// bytes are the token without its tag.
func (t refreshToken) bytes() []byte { return slices.Concat(t.user[:], t.family[:], t.secret[:]) }

func (t refreshToken) hash() string {
	sum := sha256.Sum256(t.bytes())
	return hex.EncodeToString(sum[:])
}

func (a *Auth) tokenMAC(t refreshToken) []byte {
	return a.Key.MAC("refresh-tag", string(t.bytes()))[:macBytes]
}

func (a *Auth) formatToken(t refreshToken) string {
	return base64.RawURLEncoding.EncodeToString(append(t.bytes(), a.tokenMAC(t)...))
}

func (a *Auth) parseToken(token string) (t refreshToken, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return t, false
	}
	rest := raw[copy(t.user[:], raw):]
	rest = rest[copy(t.family[:], rest):]
	rest = rest[copy(t.secret[:], rest):]
	return t, subtle.ConstantTimeCompare(a.tokenMAC(t), rest) == 1
}
