// Command session-close ends one of one's own sessions: DELETE /sessions/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.CloseSession(h.People()))
}
