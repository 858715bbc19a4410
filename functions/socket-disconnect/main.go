// Command socket-disconnect forgets closed sockets: $disconnect.
package main

import (
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	s := sockets.Socket(h)
	h.Run(s.Disconnect)
}
