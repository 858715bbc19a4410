// Command docs-get serves the start page and the API documentation: GET / and GET /docs.
package main

import (
	_ "embed"

	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

//go:embed start.html
var startPage []byte

// policy permits inline styles, a web worker and requests to this API only.
const policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func main() {
	app.New().Serve(api.ServeStatic(map[string]api.StaticFile{
		"/":              {Content: startPage, Type: "text/html; charset=utf-8", Policy: policy},
		"/docs":          {Content: infra.ViewerPage, Type: "text/html; charset=utf-8", Policy: policy},
		"/docs/redoc.js": {Content: infra.ViewerScript, Type: "text/javascript; charset=utf-8", Encoding: "gzip"},
	}))
}
