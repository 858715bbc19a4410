// Command realtime-ticket makes a pass for a socket: POST /realtime/tickets.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.MakePass(h.Door(), h.Need("SOCKET_URL")))
}
