// Command ticket-status moves a ticket: POST /tickets/{id}/status.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.SetStatus(h.Desk(), sockets.News(h)))
}
