// Command socket-default answers frames that no other route takes: $default.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	h := websocket.Handler(a)
	a.Run(h.Handle(h.Default))
}
