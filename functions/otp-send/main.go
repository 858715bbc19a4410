// Command otp-send sends a one-time code: POST /otp.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/sms"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	people := h.FrontDesk()
	people.Texter = sms.New(h.AWS("SNS"))
	h.Serve(api.SendCode(people))
}
