// Command socket-message posts a message from a socket.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	h := websocket.Handler(a)
	a.Run(h.Handle(h.Message(a.Tickets())))
}
