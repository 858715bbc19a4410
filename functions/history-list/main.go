// Command history-list lists a ticket's whole log: GET /tickets/{id}/history.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListHistory(a.Tickets()))
}
