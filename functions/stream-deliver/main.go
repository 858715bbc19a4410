// Command stream-deliver pushes what was written, and orders what is to be sent: the stream of the table.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/app/websocket"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.Open()
	publisher, revoker := websocket.Publisher(a), websocket.AccessRevoker(a)
	a.Run(stream.NewBatchHandler(a.Log,
		stream.PushChanges(a.Store(), publisher), stream.PushNotifications(publisher), stream.EnqueueDeliveries(delivery.DeliveryQueue(a), delivery.NotificationDelay(a)),
		stream.RevokeChangedRights(a.Store(), revoker), stream.VerifyNewSession(a.Store(), revoker), stream.CloseEndedSession(websocket.Disconnector(a)), stream.EnqueueBroadcasts(delivery.BroadcastQueue(a)), stream.AckHeartbeat("stream-deliver", a.Store())))
}
