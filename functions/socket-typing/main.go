// Command socket-typing tells that somebody is typing.
package main

import (
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	s := sockets.Socket(h)
	h.Run(s.Handler(s.Typing(h.Desk())))
}
