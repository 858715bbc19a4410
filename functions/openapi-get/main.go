// Command openapi-get serves the description of the API: GET /openapi.json.
package main

import (
	"sync"

	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ServeFiles(map[string]api.File{"/openapi.json": {Make: sync.OnceValues(infra.OpenAPI), Type: "application/json"}}))
}
