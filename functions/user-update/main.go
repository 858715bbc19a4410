// Command user-update changes a person and their rights: PATCH /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.EditUser(sockets.Registry(h)))
}
