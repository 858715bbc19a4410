// Command ticket-update edits a ticket's fields: PATCH /tickets/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.EditTicket(h.Desk(), sockets.News(h)))
}
