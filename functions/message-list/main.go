// Command message-list lists a ticket's messages: GET /tickets/{id}/messages.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListMessages(h.Desk()))
}
