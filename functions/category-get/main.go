// Command category-get returns a category: GET /categories/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetCategory(a.Categories()))
}
