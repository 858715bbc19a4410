// Command delivery-list lists failed deliveries: GET /admin/deliveries.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListFailedDeliveries(a.Store()))
}
