// Command profile-update updates the user's profile: PATCH /profile.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.UpdateProfile(a.Profiles()))
}
