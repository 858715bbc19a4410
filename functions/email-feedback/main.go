// Command email-feedback stops mail to addresses that bounce or complain: reports of SES.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.Open()
	a.Run(stream.HandleMailFeedback(a.Store(), a.Log))
}
