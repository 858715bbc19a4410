// Command message-list lists the messages of a ticket: GET /tickets/{id}/messages.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListMessages(a.Tickets()))
}
