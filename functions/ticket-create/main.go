// Command ticket-create opens a ticket: POST /tickets.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.CreateTicket(h.Desk()))
}
