// Command otp-send queues a one-time code to be sent by SMS: POST /otp.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
)

func main() {
	a := app.New()
	a.Serve(api.SendCode(delivery.SMSCodes(a)))
}
