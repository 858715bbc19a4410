// Package tokens builds the services that sign access tokens and manage their keys.
package tokens

import (
	"context"
	"crypto/rand"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/auth"
)

// Auth returns the service that opens sessions. The private keys are read from the parameter
// TOKEN_KEY_PARAMETER when the first token is signed, and then every minute.
func Auth(a *app.App) *account.Auth {
	secrets, name := a.Secrets(), a.Required("TOKEN_KEY_PARAMETER")
	signer := &auth.Signer{
		Read: func(ctx context.Context) (string, error) { return secrets.Get(ctx, name) },
		Name: a.Required("TOKEN_ISSUER"), Now: app.Now, NewID: a.NewID, Log: a.Log,
	}
	return &account.Auth{
		Store: a.Store(), OTP: a.OTP(), Passwords: a.Passwords(), Sessions: a.SessionTokens(), Issuer: signer.Issuer,
		Now: app.Now, NewID: a.NewID, Random: rand.Reader,
	}
}

// Keys returns the service that manages the signing keys.
func Keys(a *app.App) *account.SigningKeys {
	return &account.SigningKeys{Secrets: a.Secrets(), Store: a.Store(), Random: rand.Reader, Now: app.Now}
}
