// Command ticket-assign assigns a ticket: POST /tickets/{id}/assign.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.AssignTicket(a.Tickets(), websocket.Publisher(a)))
}
