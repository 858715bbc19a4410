// Command broadcast-create creates a broadcast: POST /broadcasts and POST /notifications.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/broadcast"
)

func main() {
	a := app.New()
	a.Serve(api.CreateBroadcast(&broadcast.Service{Store: a.Store(), Users: a.Store(), Recorder: a.AuditRecorder()}))
}
