// Command password-reset gives a new password for a code: POST /password/reset.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ResetPassword(a.Auth()))
}
