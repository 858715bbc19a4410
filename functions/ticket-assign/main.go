// Command ticket-assign gives a ticket to somebody: POST /tickets/{id}/assign.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.AssignTicket(h.Desk(), sockets.News(h)))
}
