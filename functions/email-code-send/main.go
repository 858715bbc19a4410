// Command email-code-send mails a code to the address in one's profile: POST /profile/email/code.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/email"
)

func main() {
	a := app.New()
	auth := a.Auth()
	auth.Email = email.Mailer(a)
	a.Serve(api.SendEmailCode(auth))
}
