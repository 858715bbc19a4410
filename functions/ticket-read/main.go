// Command ticket-read moves a read mark: POST /tickets/{id}/read.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.MarkRead(h.Desk()))
}
