// Command suppression-list lists the e-mail addresses that get no mail: GET /admin/suppressions.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListSuppressions(a.Store()))
}
