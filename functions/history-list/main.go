// Command history-list lists a ticket's whole log: GET /tickets/{id}/history.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListHistory(h.Desk()))
}
