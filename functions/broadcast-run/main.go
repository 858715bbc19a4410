// Command broadcast-run sends broadcasts out, page by page: the queue of broadcasts.
package main

import (
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/post"
)

func main() {
	h := wiring.Open()
	runner := &broadcast.Runner{Store: h.Table(), People: h.Table(), Now: wiring.Now}
	h.Run(stream.Broadcasts(runner, post.Broadcasts(h), h.Log))
}
