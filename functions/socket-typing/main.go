// Command socket-typing pushes typing indicators: the WebSocket route typing.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	h := websocket.Handler(a)
	a.Run(h.Handle(h.Typing(a.Tickets())))
}
