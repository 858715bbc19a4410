// Command ticket-list lists tickets: GET /tickets.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListTickets(h.Desk()))
}
