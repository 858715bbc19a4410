// Command openapi-get serves the documents of the APIs: GET /openapi.json and GET /asyncapi.json.
package main

import (
	"sync"

	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	app.New().Serve(api.ServeStatic(map[string]api.StaticFile{
		"/openapi.json":  {Load: sync.OnceValues(infra.OpenAPI), Type: "application/json"},
		"/asyncapi.json": {Load: sync.OnceValues(infra.AsyncAPI), Type: "application/json"},
	}))
}
