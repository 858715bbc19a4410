// Command ticket-get returns a ticket with its newest entries: GET /tickets/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetTicket(a.Tickets()))
}
