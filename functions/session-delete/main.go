// Command session-delete deletes one of the user's sessions: DELETE /sessions/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.DeleteSession(a.Profiles()))
}
