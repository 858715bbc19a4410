// Command picture-get redirects to a user's picture: GET /pictures/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
)

func main() {
	a := app.New()
	a.Serve(api.GetPicture(a.Profiles(), attachments.Service(a)))
}
