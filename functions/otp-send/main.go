// Command otp-send sends a one-time code by SMS: POST /otp.
package main

import (
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/sms"
)

func main() {
	a := app.New()
	a.Serve(api.SendCode(&account.SMSCodes{OTP: a.OTP(), SMS: sms.New(a.AWS("SNS"))}))
}
