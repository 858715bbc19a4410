// Command history-list lists all entries of a ticket: GET /tickets/{id}/history.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListHistory(a.Tickets()))
}
