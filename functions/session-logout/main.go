// Command session-logout ends a session: POST /logout.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.LogOut(h.FrontDesk()))
}
