// Command ticket-delete deletes a ticket: DELETE /tickets/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/ticket"
)

func main() {
	a := app.New()
	a.Serve(api.DeleteTicket(&ticket.Deleter{Store: a.Store(), Audit: a.AuditRecorder()}))
}
