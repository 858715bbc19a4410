// Command broadcast-get shows a broadcast and how far it is: GET /broadcasts/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ShowBroadcast(h.Table()))
}
