// Command user-create creates a user: POST /users.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.CreateUser(a.UserDirectory()))
}
