// Command ticket-list lists tickets: GET /tickets.
package main

import (
	_ "time/tzdata" // Lambda has no time zone database

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListTickets(a.Tickets(), a.Timezone()))
}
