// Command user-delete removes a person: DELETE /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.RemoveUser(sockets.Registry(h)))
}
