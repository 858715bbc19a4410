// Command code-send sends one-time codes by SMS: the code queue.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	codes := &worker.Codes{Sender: delivery.CodeSender(a), Queue: delivery.CodeQueue(a), Log: a.Log}
	a.Run(metric.PerInvocation(a.Metrics(), codes.HandleBatch()))
}
