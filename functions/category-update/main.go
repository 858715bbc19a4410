// Command category-update updates a category: PATCH /categories/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.UpdateCategory(a.CategoryAdmin()))
}
