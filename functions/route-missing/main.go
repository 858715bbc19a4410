// Command route-missing answers every request that no other route takes.
package main

import (
	"sync"

	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.Missing(sync.OnceValues(infra.Methods)))
}
