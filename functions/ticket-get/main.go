// Command ticket-get shows a ticket with its newest entries: GET /tickets/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ShowTicket(h.Desk()))
}
