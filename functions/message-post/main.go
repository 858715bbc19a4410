// Command message-post posts a message: POST /tickets/{id}/messages.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/websocket"
)

func main() {
	a := app.New()
	a.Serve(api.PostMessage(a.Tickets(), websocket.Publisher(a)))
}
