// Command ticket-reopen reopens a ticket: POST /tickets/{id}/reopen.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.ReopenTicket(a.Tickets(), websocket.Publisher(a)))
}
