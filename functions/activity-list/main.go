// Command activity-list lists the newest entries over all tickets: GET /admin/activity.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListActivity(a.Store()))
}
