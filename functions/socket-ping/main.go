// Command socket-ping answers pings.
package main

import (
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	s := sockets.Socket(h)
	h.Run(s.Handler(s.Ping))
}
