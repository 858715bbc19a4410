// Command email-confirm takes the code that was mailed: POST /profile/email/confirm.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ConfirmEmail(h.FrontDesk()))
}
