// Command notification-send sends notifications by mail and SMS: the queue of deliveries.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.Open()
	a.Run(stream.DeliverNotifications(delivery.Deliverer(a), delivery.DeliveryQueue(a), a.Log))
}
