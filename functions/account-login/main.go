// Command account-login opens a session: POST /login.
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
