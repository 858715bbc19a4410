// Command ticket-count returns the numbers of tickets for staff: GET /tickets/counts.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.CountTickets(a.Counts()))
}
