// Command password-reset gives a new password for a code: POST /password/reset.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ResetPassword(h.FrontDesk()))
}
