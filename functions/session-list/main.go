// Command session-list lists the user's sessions: GET /sessions.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListSessions(a.Profiles()))
}
