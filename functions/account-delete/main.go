// Command account-delete deletes the account of its user: DELETE /me.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.DeleteAccount(a.Credentials(), websocket.UserAdmin(a)))
}
