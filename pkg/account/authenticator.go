package account

import (
	"context"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// Authenticator verifies the credentials of every authenticated request.
type Authenticator struct {
	Verifier    *auth.Verifier
	Revocations *RevocationCache
	Cookies     CookieStore
	Now         func() time.Time
	// StaffSecondFactor is that of SessionTokens.
	StaffSecondFactor bool
}

// CheckSession checks an authenticated principal against the stored session and freshly
// read revocations. Opening a WebSocket uses it, because a socket outlives its token and
// has no later request to check. It fails with token_expired or session_ended. Only the
// session is read strongly consistently; it has a new role before a revocation is written.
func (a *Authenticator) CheckSession(ctx context.Context, principal user.Principal) error {
	if err := a.Revocations.CheckFresh(ctx, principal); err != nil {
		return err
	}
	s, found, err := a.Cookies.Session(ctx, principal.UserID, principal.Session)
	switch {
	case err != nil:
		return err
	case !found || !s.usable(a.Now(), a.StaffSecondFactor):
		return apperr.New(apperr.SessionEnded, "")
	case s.User.Role != principal.Role:
		return apperr.New(apperr.TokenExpired, "")
	}
	return nil
}

// AuthenticateToken returns the principal of an access token. It fails with
// unauthenticated, or with token_expired if the token has expired or was revoked.
func (a *Authenticator) AuthenticateToken(ctx context.Context, token string) (user.Principal, error) {
	keys, err := a.Revocations.PublicKeys(ctx)
	if err != nil {
		return user.Principal{}, err
	}
	principal, err := a.Verifier.Verify(token, keys)
	if err != nil {
		return user.Principal{}, err
	}
	return principal, a.Revocations.Check(ctx, principal)
}
