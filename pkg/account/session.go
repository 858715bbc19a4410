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

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// Session is a family of refresh tokens: each use replaces the token by its
// successor. Only hashes are kept.
type Session struct {
	Family     string // ULID; the id that GET /sessions shows
	Current    string // hash of the token that is good
	Previous   string // hash of the one before it
	RotatedAt  time.Time
	Device     string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
	User       user.User // as of the last change the stream has seen
}

// A refresh token is the user and the family (ULIDs), a secret (32 bytes) and a
// tag (16) that only this house can make: a guessed or damaged token is told
// from one that was used before, and cannot end anybody's session.
const (
	secretBytes = 32
	tagBytes    = 16
	tokenBytes  = 2*len(ulid.ULID{}) + secretBytes + tagBytes
)

type refreshToken struct {
	user   ulid.ULID
	family ulid.ULID
	secret [secretBytes]byte
}

// newSession opens a session of a client that refreshes, and gives its token.
func (s *Service) newSession(u user.User, from Caller) (Session, string, error) {
	session, token, err := s.newFamily(u, from)
	if err != nil {
		return Session{}, "", err
	}
	session.Current = token.hash()
	return session, s.write(token), nil
}

// newFamily draws a session and its first secret; what is kept of the secret
// is the caller's to say.
func (s *Service) newFamily(u user.User, from Caller) (Session, refreshToken, error) {
	family := s.NewID()
	token := refreshToken{user: ulid.MustParse(u.ID), family: ulid.MustParse(family)}
	if _, err := io.ReadFull(s.Random, token.secret[:]); err != nil {
		return Session{}, refreshToken{}, err
	}
	now := s.Now()
	return Session{
		Family: family, Device: from.Device, CreatedAt: now, LastUsedAt: now, ExpiresAt: now.Add(SessionLife), User: u,
	}, token, nil
}

// tokens signs the access token of a session.
func (s *Service) tokens(ctx context.Context, session Session, refresh string) (Tokens, error) {
	issuer, err := s.Issuer(ctx)
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
func (s *Service) Refresh(ctx context.Context, token string) (Tokens, error) {
	old, ok := s.read(token)
	if !ok {
		return Tokens{}, fault.New(fault.SessionEnded, "")
	}
	next := s.successor(old)
	now := s.Now()
	session, rotated, found, err := s.Store.Rotate(ctx, old.user.String(), old.family.String(), old.hash(), next.hash(), now)
	switch {
	case err != nil:
		return Tokens{}, err
	case !found || session.ExpiresAt.Before(now) || session.User.Disabled:
		return Tokens{}, fault.New(fault.SessionEnded, "")
	case rotated, session.Previous == old.hash() && now.Sub(session.RotatedAt) <= grace:
		return s.tokens(ctx, session, s.write(next))
	}
	if _, err := s.Store.EndSession(ctx, old.user.String(), old.family.String(), ""); err != nil {
		return Tokens{}, err
	}
	return Tokens{}, fault.New(fault.RefreshReused, "")
}

// LogOut ends the caller's own session, or the one of a refresh token if it is
// the caller's. A caller without an access token proves with the refresh token
// alone. What is nobody's, or somebody else's, is left alone without a word.
func (s *Service) LogOut(ctx context.Context, who user.Principal, token string) error {
	if token == "" {
		_, err := s.Store.EndSession(ctx, who.UserID, who.Session, "")
		return err
	}
	old, ok := s.read(token)
	if !ok || who.UserID != "" && who.UserID != old.user.String() {
		return nil
	}
	_, err := s.Store.EndSession(ctx, old.user.String(), old.family.String(), old.hash())
	return err
}

// Sessions reads a page of one's own sessions, newest first, behind a family.
func (s *Service) Sessions(ctx context.Context, who user.Principal, after string, limit int) (page []Session, more bool, err error) {
	return s.Store.Sessions(ctx, who.UserID, after, limit)
}

// CloseSession ends one of one's own sessions: a cookie and the refresh token
// at once, an access token within seconds.
//
// Errors: session_not_found, also for another person's.
func (s *Service) CloseSession(ctx context.Context, who user.Principal, family string) error {
	if !id.Valid(family) {
		return fault.New(fault.SessionNotFound, "")
	}
	ended, err := s.Store.EndSession(ctx, who.UserID, family, "")
	if err == nil && !ended {
		err = fault.New(fault.SessionNotFound, "")
	}
	if err != nil {
		return err
	}
	return s.Store.Revoke(ctx, family, user.Revocation{At: s.Now()})
}

// successor is the same for the same token, so that a repeat gets it again
// without its ever being stored.
func (s *Service) successor(t refreshToken) refreshToken {
	next := t
	copy(next.secret[:], s.Edge.MAC("refresh-next", string(t.bytes())))
	return next
}

// bytes are the token without its tag.
func (t refreshToken) bytes() []byte { return slices.Concat(t.user[:], t.family[:], t.secret[:]) }

func (t refreshToken) hash() string {
	sum := sha256.Sum256(t.bytes())
	return hex.EncodeToString(sum[:])
}

func (s *Service) tag(t refreshToken) []byte {
	return s.Edge.MAC("refresh-tag", string(t.bytes()))[:tagBytes]
}

func (s *Service) write(t refreshToken) string {
	return base64.RawURLEncoding.EncodeToString(append(t.bytes(), s.tag(t)...))
}

func (s *Service) read(token string) (t refreshToken, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return t, false
	}
	rest := raw[copy(t.user[:], raw):]
	rest = rest[copy(t.family[:], rest):]
	rest = rest[copy(t.secret[:], rest):]
	return t, subtle.ConstantTimeCompare(s.tag(t), rest) == 1
}
