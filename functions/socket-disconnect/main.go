// Command socket-disconnect deletes closed WebSocket connections: $disconnect.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	h := websocket.Handler(a)
	a.Run(h.Disconnect(a.Tickets()))
}
