// Command session-list lists one's own sessions: GET /sessions.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListSessions(h.People()))
}
