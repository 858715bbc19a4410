// Command phone-change moves one's account to another number: POST /profile/phone.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ChangePhone(h.FrontDesk()))
}
