// Command ticket-status changes the status of a ticket: POST /tickets/{id}/status.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.SetStatus(a.Tickets(), websocket.Publisher(a)))
}
