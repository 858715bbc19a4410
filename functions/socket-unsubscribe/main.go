// Command socket-unsubscribe stops watching a topic.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	h := websocket.Handler(a)
	a.Run(h.Handle(h.Unsubscribe))
}
