// Command health-get says whether the house can serve: GET /health.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetHealth(a.Store(), a.String("VERSION", "dev"), a.Log))
}
