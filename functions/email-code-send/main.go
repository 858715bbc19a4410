// Command email-code-send mails a code to the address in one's profile: POST /profile/email/code.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/mails"
)

func main() {
	h := wiring.Open()
	people := h.FrontDesk()
	people.Mailer = mails.Mailer(h)
	h.Serve(api.SendEmailCode(people))
}
