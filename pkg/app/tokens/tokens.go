// Package tokens builds the services that sign access tokens.
package tokens

import (
	"context"
	"crypto/rand"
	"sync"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/secret"
)

// Auth returns the service that opens sessions. The private key is read from the
// parameter TOKEN_KEY_PARAMETER when the first token is signed.
func Auth(a *app.App) *account.Auth {
	lazy := &lazyIssuer{secrets: secret.New(a.AWS("SSM")), parameter: a.Required("TOKEN_KEY_PARAMETER"), issuer: a.Required("TOKEN_ISSUER"), newID: a.NewID}
	return &account.Auth{
		Store: a.Store(), OTP: a.OTP(), Passwords: a.Passwords(), Sessions: a.SessionTokens(), Issuer: lazy.Issuer,
		Now: app.Now, NewID: a.NewID, Random: rand.Reader,
	}
}

// lazyIssuer reads the private key from SSM when the first token is issued.
type lazyIssuer struct {
	secrets   *secret.Store
	parameter string
	issuer    string
	newID     func() string

	mu     sync.Mutex
	cached *auth.Issuer
}

// Issuer returns the token issuer. It fails if the key cannot be read, and tries again
// at the next call.
func (l *lazyIssuer) Issuer(ctx context.Context) (*auth.Issuer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cached != nil {
		return l.cached, nil
	}
	text, err := l.secrets.Get(ctx, l.parameter)
	if err != nil {
		return nil, err
	}
	key, err := auth.ParsePrivateKey(text)
	if err != nil {
		return nil, err
	}
	l.cached = auth.NewIssuer(key, l.issuer, app.Now, l.newID)
	return l.cached, nil
}
