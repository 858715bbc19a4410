// Command user-update changes a person and their rights: PATCH /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	people := h.Registry()
	people.Keeper = sockets.Keeper(h)
	h.Serve(api.EditUser(people))
}
