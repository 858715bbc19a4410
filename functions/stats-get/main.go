// Command stats-get returns the statistics: GET /admin/stats.
package main

import (
	_ "time/tzdata" // Lambda has no time zone database

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetStats(a.Counts(), a.Timezone(), app.Now))
}
