// Command delivery-retry retries a failed delivery: POST /admin/deliveries/{notificationId}/{channel}/retry.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/notification"
)

func main() {
	a := app.New()
	a.Serve(api.RetryDelivery(&notification.Retrier{Store: a.Store(), Queue: delivery.Queue(a), Recorder: a.AuditRecorder()}))
}
