// Command user-get shows a person to administrators: GET /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetUser(a.UserAdmin()))
}
