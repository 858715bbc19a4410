// Command route-missing answers every request that no other route takes.
package main

import (
	"ticketsystem/infra"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	methods, err := infra.Methods()
	h.Check(err)
	h.Serve(api.Missing(methods))
}
