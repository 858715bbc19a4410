// Command profile-get returns the user's profile: GET /profile.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetProfile(a.Profiles()))
}
