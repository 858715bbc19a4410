// Command stream-project keeps the projections of the log: the stream of the table.
package main

import (
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Run(stream.Handle(h.Log,
		stream.Heads(h.Desk()), stream.Copies(h.Table()), stream.Counts(&stats.Counter{Store: h.Table()}), stream.Present(h.Table()),
		stream.Notices(h.Maker()), stream.Search(h.Table())))
}
