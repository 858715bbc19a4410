// Command broadcast-create sends a message to many people: POST /notifications.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.StartBroadcast(&broadcast.Desk{Store: h.Table(), Pen: h.Pen()}))
}
