// Command broadcast-list lists broadcasts: GET /broadcasts.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListBroadcasts(a.Store()))
}
