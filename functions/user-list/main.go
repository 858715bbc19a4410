// Command user-list lists people for administrators: GET /users.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListUsers(h.Registry()))
}
