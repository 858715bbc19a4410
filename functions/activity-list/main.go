// Command activity-list lists the newest entries over all tickets: GET /admin/activity.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListActivity(h.Table()))
}
