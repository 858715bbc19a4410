// Command health-report looks at all that the house depends on: GET /admin/health.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/healthchecks"
)

func main() {
	a := app.New()
	a.Serve(api.GetHealthReport(healthchecks.Config(a), a.Log))
}
