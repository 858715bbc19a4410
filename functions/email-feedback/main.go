// Command email-feedback suppresses addresses after bounces and complaints: SES events from SNS.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.HandleMailFeedback(a.Store(), a.Log))
}
