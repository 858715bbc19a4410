// Command email-feedback stops mail to addresses that bounce or complain: reports of SES.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.HandleMailFeedback(a.Store(), a.Log))
}
