// Command category-list lists the categories: GET /categories.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ListCategories(h.Catalogue()))
}
