// Command socket-subscribe starts watching a topic.
package main

import (
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	s := sockets.Socket(h)
	h.Run(s.Handler(s.Subscribe(h.Desk())))
}
