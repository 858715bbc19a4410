// Command ticket-reopen reopens a ticket: POST /tickets/{id}/reopen.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ReopenTicket(h.Desk(), sockets.News(h)))
}
