// Command category-delete deletes a category: DELETE /categories/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.DeleteCategory(a.CategoryAdmin()))
}
