// Command stream-deliver pushes what was written, and orders what is to be sent: the stream of the table.
package main

import (
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/post"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	news, keeper := sockets.News(h), sockets.Keeper(h)
	h.Run(stream.Handle(h.Log,
		stream.Frames(h.Table(), news), stream.Shown(news), stream.Ordered(post.Queue(h), post.Settle(h)),
		stream.Shut(h.Table(), keeper), stream.Begun(h.Table(), keeper), stream.Ended(sockets.Exit(h)), stream.Started(post.Broadcasts(h)), stream.Echo("stream-deliver", h.Table())))
}
