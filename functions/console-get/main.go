// Command console-get serves the web console: GET / leads to GET /app/.
package main

import (
	"embed"

	"ticketsystem/pkg/app"
)

// dist holds what Vite has built. A plain `go build` finds only .gitkeep there.
//
//go:embed all:dist
var dist embed.FS

func main() {
	a := app.New()
	a.Serve(a.Console(dist))
}
