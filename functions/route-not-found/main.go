// Command route-not-found answers requests that match no other route.
package main

import (
	"sync"

	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.RouteNotFound(sync.OnceValues(infra.Methods)))
}
