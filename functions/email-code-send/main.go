// Command email-code-send sends a confirmation code to the e-mail address of the profile: POST /profile/email/code.
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
