// Command health-get reports whether the service is available: GET /health.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetHealth(a.Store(), a.String("VERSION", "dev"), a.Log))
}
