// Command broadcast-get shows a broadcast and how far it is: GET /broadcasts/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetBroadcast(a.Store()))
}
