// Command token-refresh renews the tokens of a session: POST /token/refresh.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/issuer"
)

func main() {
	h := wiring.Open()
	h.Serve(api.RefreshToken(issuer.People(h)))
}
