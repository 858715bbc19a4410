// Command password-reset sets a new password with a one-time code: POST /password/reset.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ResetPassword(a.Credentials()))
}
