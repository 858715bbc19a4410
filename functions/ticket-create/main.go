// Command ticket-create creates a ticket: POST /tickets.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.CreateTicket(a.Tickets()))
}
