package account

import (
	"context"
	"time"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// Authenticator verifies the credentials of every authenticated request.
type Authenticator struct {
	Verifier    *auth.Verifier
	Revocations *RevocationCache
	Cookies     CookieStore
	Now         func() time.Time
}

// AuthenticateToken returns the principal of an access token. It fails with
// unauthenticated, or with token_expired if the token has expired or was revoked.
func (a *Authenticator) AuthenticateToken(ctx context.Context, token string) (user.Principal, error) {
	principal, err := a.Verifier.Verify(token)
	if err != nil {
		return user.Principal{}, err
	}
	return principal, a.Revocations.Check(ctx, principal)
}
