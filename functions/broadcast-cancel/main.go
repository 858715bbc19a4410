// Command broadcast-cancel stops a broadcast: POST /broadcasts/{id}/cancel.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.CancelBroadcast(&broadcast.Desk{Store: h.Table(), Pen: h.Pen()}))
}
