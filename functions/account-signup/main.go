// Command account-signup makes an account: POST /signup.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/issuer"
)

func main() {
	h := wiring.Open()
	h.Serve(api.SignUp(issuer.People(h)))
}
