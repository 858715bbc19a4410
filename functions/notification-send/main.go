// Command notification-send sends notifications by e-mail, SMS and push message: the delivery queue.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/metric"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	deliveries := &worker.Deliveries{Deliverer: delivery.Deliverer(a), Queue: delivery.Queue(a), Log: a.Log, Requests: a.RequestLog()}
	a.Run(metric.PerInvocation(a.Metrics(), deliveries.HandleBatch()))
}
