// Command attachment-process validates uploaded files: objects created in the bucket.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.HandleUploads(attachments.Service(a), a.Log))
}
