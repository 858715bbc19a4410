package account

import (
	"context"
	"time"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// Authenticator knows who comes: it is where every signed-in request passes.
type Authenticator struct {
	Verifier    *auth.Verifier
	Revocations *RevocationCache
	Cookies     CookieStore
	Now         func() time.Time
}

// AuthenticateToken gives the person behind an access token. Errors: token_expired, also
// for one that has been revoked; unauthenticated.
func (a *Authenticator) AuthenticateToken(ctx context.Context, token string) (user.Principal, error) {
	principal, err := a.Verifier.Verify(token)
	if err != nil {
		return user.Principal{}, err
	}
	return principal, a.Revocations.Check(ctx, principal)
}
