// Command ticket-read moves a read mark: POST /tickets/{id}/read.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.MarkRead(a.Tickets()))
}
