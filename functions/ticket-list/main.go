// Command ticket-list lists tickets: GET /tickets.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListTickets(a.Tickets()))
}
