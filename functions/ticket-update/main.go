// Command ticket-update updates fields of a ticket: PATCH /tickets/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.UpdateTicket(a.Tickets(), websocket.Publisher(a)))
}
