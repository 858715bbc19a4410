// Command ticket-automate applies the time-based ticket automation: a schedule.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.RunAutomation(a.Automation()))
}
