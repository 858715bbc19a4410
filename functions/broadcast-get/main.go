// Command broadcast-get returns a broadcast and its progress: GET /broadcasts/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetBroadcast(a.Store()))
}
