// Command stats-get returns the statistics: GET /admin/stats.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetStats(a.Store(), app.Now))
}
