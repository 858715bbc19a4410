// Command email-code-send sends a confirmation code to the e-mail address of the profile: POST /profile/email/code.
package main

import (
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/email"
)

func main() {
	a := app.New()
	a.Serve(api.SendEmailCode(&account.EmailCodes{OTP: a.OTP(), Users: a.Store(), Suppressions: a.Store(), Mailer: email.Mailer(a), Brand: a.Brand()}))
}
