// Command health-get says whether the house can serve: GET /health.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.Health(h.Table(), h.Or("VERSION", "dev"), h.Log))
}
