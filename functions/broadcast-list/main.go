// Command broadcast-list lists broadcasts: GET /broadcasts.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListBroadcasts(h.Table()))
}
