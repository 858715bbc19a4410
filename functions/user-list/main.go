// Command user-list lists users for administrators: GET /users.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListUsers(a.UserDirectory()))
}
