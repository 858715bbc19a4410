// Command stats-get shows the numbers of the house: GET /admin/stats.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ShowStats(h.Table(), wiring.Now))
}
