// Command attachment-process validates uploaded files: objects created in the bucket.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
	"ticketsystem/pkg/filetype"
	"ticketsystem/pkg/thumbnail"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	service := attachments.Service(a)
	service.Matches, service.Picture = filetype.Matches, thumbnail.Make
	a.Run(worker.HandleUploads(service, a.Log))
}
