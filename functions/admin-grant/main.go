// Command admin-grant makes somebody an administrator: called by operators alone.
package main

import (
	"ticketsystem/pkg/operate"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Run(operate.GrantAdmin(h.People()))
}
