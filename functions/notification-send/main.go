// Command notification-send sends notifications by e-mail and SMS: the delivery queue.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.DeliverNotifications(delivery.Deliverer(a), delivery.Queue(a), a.Log))
}
