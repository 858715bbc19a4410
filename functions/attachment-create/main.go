// Command attachment-create signs an upload: POST /attachments.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/files"
)

func main() {
	h := wiring.Open()
	h.Serve(api.OfferAttachment(files.Desk(h)))
}
