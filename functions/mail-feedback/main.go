// Command mail-feedback stops mail to addresses that bounce or complain: reports of SES.
package main

import (
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Run(stream.Feedback(h.Table(), h.Log))
}
