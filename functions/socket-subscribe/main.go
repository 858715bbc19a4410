// Command socket-subscribe subscribes a connection to a topic: the WebSocket route subscribe.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	h := websocket.Handler(a)
	h.SubscriptionLimiter = a.SubscriptionLimiter()
	a.Run(h.Handle(h.Subscribe(a.Tickets())))
}
