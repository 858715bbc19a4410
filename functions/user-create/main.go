// Command user-create enters a person: POST /users.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.CreateUser(h.Registry()))
}
