// Command attachment-create creates an attachment and signs its upload: POST /attachments.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
)

func main() {
	a := app.New()
	a.Serve(api.CreateAttachment(attachments.Service(a)))
}
