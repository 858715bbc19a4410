package main

import (
	"embed"

	"ticketsystem/pkg/api"
)

// dist holds the pages that web/build.mjs has built. A plain `go build` finds only .gitkeep there.
//
//go:embed all:dist
var dist embed.FS

const html = "text/html; charset=utf-8"

// policy permits inline styles, a web worker and requests to this API only.
const policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// files returns the documents by path.
func files() map[string]api.StaticFile {
	return map[string]api.StaticFile{
		"/docs":           built("docs.html", api.StaticFile{Type: html, Policy: policy}),
		"/docs/websocket": built("websocket.html", api.StaticFile{Type: html, Policy: policy}),
		"/docs/guide":     built("guide.html", api.StaticFile{Type: html, Policy: policy}),
		"/docs/redoc.js":  built("redoc.js.gz", api.StaticFile{Type: "text/javascript; charset=utf-8", Encoding: "gzip"}),
	}
}

// built adds the content of a file of dist. If it was not built, the content says how to.
func built(name string, f api.StaticFile) api.StaticFile {
	content, err := dist.ReadFile("dist/" + name)
	if err != nil {
		content, f.Encoding = []byte("// This file was not built. Run `make docs`, which `make run` and `sam build` do by themselves."), ""
	}
	f.Content = content
	return f
}
