// Command ticket-delete deletes a ticket: DELETE /tickets/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.RemoveTicket(&ticket.Bin{Store: h.Table(), Pen: h.Pen()}))
}
