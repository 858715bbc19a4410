// Command docs-get serves the API documentation: GET /docs.
package main

import (
	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

// policy is the Content-Security-Policy of the viewer. It permits inline styles and a
// web worker, and requests to this API only.
const policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func main() {
	a := app.New()
	a.Serve(api.ServeStatic(map[string]api.StaticFile{
		"/docs":          {Content: infra.ViewerPage, Type: "text/html; charset=utf-8", Policy: policy},
		"/docs/redoc.js": {Content: infra.ViewerScript, Type: "text/javascript; charset=utf-8", Encoding: "gzip"},
	}))
}
