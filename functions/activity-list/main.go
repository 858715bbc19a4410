// Command activity-list lists the newest entries of all tickets: GET /admin/activity.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListActivity(a.Store()))
}
