// Command stream-project keeps the projections of the log: the stream of the table.
package main

import (
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/files"
)

func main() {
	h := wiring.Open()
	t := h.Table()
	h.Run(stream.Handle(h.Log,
		stream.Heads(h.Desk()), stream.Timers(h.Table(), h.Patience()), stream.Copies(t), stream.Unname(t), stream.Counts(&stats.Counter{Store: t}), stream.Present(t),
		stream.Notices(h.Maker()), stream.Search(t), stream.Erase(t, files.Blobs(h)), stream.Echo("stream-project", t)))
}
