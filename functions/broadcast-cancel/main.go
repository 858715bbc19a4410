// Command broadcast-cancel cancels a broadcast: POST /broadcasts/{id}/cancel.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/broadcast"
)

func main() {
	a := app.New()
	a.Serve(api.CancelBroadcast(&broadcast.Service{Store: a.Store(), Recorder: a.AuditRecorder()}))
}
