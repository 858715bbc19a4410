// Command session-logout ends a session: POST /logout.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.LogOut(a.Auth()))
}
