// Command account-export returns all data of its user: GET /me/export.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/exports"
)

func main() {
	a := app.New()
	a.Serve(api.ExportAccount(exports.WithQueue(a)))
}
