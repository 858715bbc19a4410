// Command category-delete removes a category: DELETE /categories/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.RemoveCategory(h.CatalogueEditor()))
}
