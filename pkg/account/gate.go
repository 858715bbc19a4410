package account

import (
	"context"
	"time"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/user"
)

// Gate knows who comes: it is where every signed-in request passes.
type Gate struct {
	Verifier    *auth.Verifier
	Revocations *Revocations
	Cookies     CookieStore
	Now         func() time.Time
}

// Token gives the person behind an access token. Errors: token_expired, also
// for one that has been revoked; unauthenticated.
func (g *Gate) Token(ctx context.Context, token string) (user.Principal, error) {
	who, err := g.Verifier.Verify(token)
	if err != nil {
		return user.Principal{}, err
	}
	return who, g.Revocations.Check(ctx, who)
}
