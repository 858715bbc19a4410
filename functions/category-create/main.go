// Command category-create makes a category: POST /categories.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.CreateCategory(h.CatalogueEditor()))
}
