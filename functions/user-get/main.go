// Command user-get returns a user to administrators: GET /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetUser(a.UserDirectory()))
}
