// Command stream-project keeps the projections of the log: the stream of the table.
package main

import (
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Run(stream.Project(h.Desk(), h.Table(), h.Log))
}
