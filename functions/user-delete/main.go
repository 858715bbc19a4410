// Command user-delete deletes a user: DELETE /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.DeleteUser(websocket.UserAdmin(a)))
}
