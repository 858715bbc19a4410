// Command ticket-read moves a read marker: POST /tickets/{id}/read.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.MarkRead(a.Tickets()))
}
