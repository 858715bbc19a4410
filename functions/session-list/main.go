// Command session-list lists one's own sessions: GET /sessions.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListSessions(a.Profiles()))
}
