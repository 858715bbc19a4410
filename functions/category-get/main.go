// Command category-get shows a category: GET /categories/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ShowCategory(h.Catalogue()))
}
