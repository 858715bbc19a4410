// Command session-logout deletes the current session: POST /logout.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.LogOut(a.SessionTokens()))
}
