// Command province-list lists provinces and their cities: GET /provinces.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListProvinces())
}
