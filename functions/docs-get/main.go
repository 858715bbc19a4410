// Command docs-get serves the start page and the documentation: GET / and GET /docs.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	app.New().Serve(api.ServeStatic(files()))
}
