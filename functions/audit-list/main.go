// Command audit-list shows what administrators did: GET /admin/audit.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListDeeds(h.Table()))
}
