// Command profile-update changes one's own profile: PATCH /profile.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.EditProfile(h.People()))
}
