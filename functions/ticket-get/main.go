// Command ticket-get returns a ticket: GET /tickets/{id} and GET /tickets/by-number/{number}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetTicket(a.Tickets()))
}
