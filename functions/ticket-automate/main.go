// Command ticket-automate moves tickets that have stood still for too long: a schedule.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.RunAutomation(a.Automation()))
}
