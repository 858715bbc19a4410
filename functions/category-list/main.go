// Command category-list lists categories: GET /categories.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ListCategories(a.Categories()))
}
