// Command ticket-close closes a ticket: POST /tickets/{id}/close.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.CloseTicket(h.Desk(), sockets.News(h)))
}
