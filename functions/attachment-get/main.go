// Command attachment-get signs a download: GET /attachments/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/files"
)

func main() {
	h := wiring.Open()
	h.Serve(api.FetchAttachment(files.Desk(h)))
}
