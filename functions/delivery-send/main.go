// Command delivery-send sends notifications by mail and SMS: the queue of deliveries.
package main

import (
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/post"
)

func main() {
	h := wiring.Open()
	h.Run(stream.Orders(post.Courier(h), post.Queue(h), h.Log))
}
