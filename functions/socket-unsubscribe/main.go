// Command socket-unsubscribe removes a subscription: the WebSocket route unsubscribe.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	h := websocket.Handler(a)
	a.Run(h.Handle(h.Unsubscribe(a.Tickets())))
}
