// Command audit-list lists audit records: GET /admin/audit.
package main

import (
	_ "time/tzdata" // Lambda has no time zone database

	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListAuditRecords(a.Store(), a.Timezone()))
}
