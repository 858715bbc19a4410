// Command agent-list lists the users who can hold tickets: GET /agents.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListAgents(a.Store()))
}
