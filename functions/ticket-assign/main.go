// Command ticket-assign gives a ticket to somebody: POST /tickets/{id}/assign.
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
