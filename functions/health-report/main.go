// Command health-report reports the state of all dependencies: GET /admin/health.
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
