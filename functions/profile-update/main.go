// Command profile-update changes one's own profile: PATCH /profile.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.UpdateProfile(a.Profiles()))
}
