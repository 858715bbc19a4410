// Command email-confirm takes the code that was mailed: POST /profile/email/confirm.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ConfirmEmail(a.Auth()))
}
