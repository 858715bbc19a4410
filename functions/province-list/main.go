// Command province-list lists provinces and their cities: GET /provinces.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListProvinces())
}
