// Command profile-get shows one's own profile: GET /profile.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ShowProfile(h.People()))
}
