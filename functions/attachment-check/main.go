// Command attachment-check looks at what was uploaded: objects created in the bucket.
package main

import (
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/files"
)

func main() {
	h := wiring.Open()
	h.Run(stream.Uploads(files.Desk(h), h.Log))
}
