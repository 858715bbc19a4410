// Command user-get shows a person to administrators: GET /users/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ShowUser(h.Registry()))
}
