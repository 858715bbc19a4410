// Command openapi-get serves the OpenAPI document: GET /openapi.json.
package main

import (
	"sync"

	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ServeStatic(map[string]api.StaticFile{"/openapi.json": {Load: sync.OnceValues(infra.OpenAPI), Type: "application/json"}}))
}
