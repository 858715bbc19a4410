// Command phone-change changes the user's phone number: POST /profile/phone.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.ChangePhone(a.Credentials()))
}
