// Command user-update updates a user and their rights: PATCH /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.UpdateUser(a.Credentials(), websocket.UserAdmin(a)))
}
