// Command attachment-process looks at what was uploaded: objects created in the bucket.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.Open()
	a.Run(stream.HandleUploads(attachments.Service(a), a.Log))
}
