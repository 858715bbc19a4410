// Command session-delete ends one of one's own sessions: DELETE /sessions/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.CloseSession(a.Profiles()))
}
