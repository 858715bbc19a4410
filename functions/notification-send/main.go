// Command notification-send sends notifications by mail and SMS: the queue of deliveries.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/worker"
)

func main() {
	a := app.New()
	a.Run(worker.DeliverNotifications(delivery.Deliverer(a), delivery.DeliveryQueue(a), a.Log))
}
