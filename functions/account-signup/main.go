// Command account-signup creates an account: POST /signup.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/tokens"
)

func main() {
	a := app.New()
	a.Serve(api.SignUp(tokens.Auth(a)))
}
