// Command docs-get serves the documentation: GET /docs.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	app.New().Serve(api.ServeStatic(files()))
}
