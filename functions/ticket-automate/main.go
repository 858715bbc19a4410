// Command ticket-automate moves tickets that have stood still for too long: a schedule.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.Open()
	a.Run(stream.RunAutomation(a.Automation()))
}
