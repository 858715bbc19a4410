// Command account-login opens a session: POST /login.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/issuer"
)

func main() {
	h := wiring.Open()
	h.Serve(api.LogIn(issuer.People(h)))
}
