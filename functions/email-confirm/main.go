// Command email-confirm confirms the e-mail address with a code: POST /profile/email/confirm.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ConfirmEmail(a.Credentials()))
}
