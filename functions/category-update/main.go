// Command category-update changes a category: PATCH /categories/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.EditCategory(h.CatalogueEditor()))
}
