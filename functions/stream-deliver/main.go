// Command stream-deliver pushes what was written: the stream of the table.
package main

import (
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Run(stream.Handle(h.Log, stream.Frames(h.Table(), sockets.News(h))))
}
