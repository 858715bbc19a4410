// Command account-login creates a session for a password or one-time code: POST /login.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/tokens"
)

func main() {
	a := app.New()
	a.Serve(api.LogIn(tokens.Auth(a)))
}
