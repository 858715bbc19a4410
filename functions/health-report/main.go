// Command health-report looks at all that the house depends on: GET /admin/health.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/probes"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ReportHealth(probes.House(h), h.Log))
}
