// Command attachment-get signs the download of an attachment: GET /attachments/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
)

func main() {
	a := app.New()
	a.Serve(api.GetAttachment(attachments.Service(a)))
}
