// Command suppression-delete allows mail to an address again: DELETE /admin/suppressions/{address}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.DeleteSuppression(a.Store(), a.AuditRecorder()))
}
