// Command openapi-get serves the description of the API: GET /openapi.json.
package main

import (
	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	document, err := infra.OpenAPI()
	h.Check(err)
	h.Serve(api.ServeFiles(map[string]api.File{"/openapi.json": {Content: document, Type: "application/json"}}))
}
