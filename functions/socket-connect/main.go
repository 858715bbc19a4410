// Command socket-connect lets sockets in: $connect.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	entrance := &api.Entrance{Door: h.Door(), Gate: h.Gate(), Origins: h.Origins(), Log: h.Log}
	h.Run(entrance.Connect)
}
