// Command projection-replay makes heads, numbers and search anew from the logs: called by operators alone.
package main

import (
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	t := h.Table()
	r := &stream.Replay{Shelf: t, Desk: h.Desk(), Counter: &stats.Counter{Store: t}, Patience: h.Patience(), Log: h.Log}
	h.Run(r.Handler())
}
