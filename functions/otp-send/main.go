// Command otp-send sends a one-time code by SMS: POST /otp.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/sms"
)

func main() {
	a := app.New()
	auth := a.Auth()
	auth.SMS = sms.New(a.AWS("SNS"))
	a.Serve(api.SendCode(auth))
}
