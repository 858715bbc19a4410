// Command token-refresh refreshes the tokens of a session: POST /token/refresh.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/tokens"
)

func main() {
	a := app.New()
	a.Serve(api.RefreshToken(tokens.Auth(a)))
}
