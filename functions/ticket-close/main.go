// Command ticket-close closes a ticket: POST /tickets/{id}/close.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.CloseTicket(a.Tickets(), websocket.Publisher(a)))
}
