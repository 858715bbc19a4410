// Command category-create creates a category: POST /categories.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.CreateCategory(a.CategoryAdmin()))
}
