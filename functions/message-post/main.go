// Command message-post posts a message: POST /tickets/{id}/messages.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/sockets"
)

func main() {
	h := wiring.Open()
	h.Serve(api.PostMessage(h.Desk(), sockets.News(h)))
}
