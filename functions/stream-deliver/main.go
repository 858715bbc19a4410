// Command stream-deliver pushes changes, enqueues deliveries and revokes access: the stream of the table.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/app/websocket"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.New()
	store, publisher, revoker, sockets := a.Store(), websocket.Publisher(a), websocket.AccessRevoker(a), websocket.Disconnector(a)
	a.Run(stream.NewBatchHandler(a.Log, a.RequestLog(), dynamo.DecodeRecord,
		stream.PublishChanges(store, publisher),
		stream.PublishCounts(a.Counts(), publisher), stream.PublishNotifications(publisher),
		stream.EnqueueDeliveries(delivery.Queue(a), delivery.NotificationDelay(a)),
		stream.EnqueueBroadcasts(delivery.BroadcastQueue(a)), stream.PublishBroadcasts(store, publisher),
		stream.EnqueueChangeNotices(delivery.Queue(a), a.Key(), stream.RevokeChangedRights(store, revoker), stream.CloseFormerNumber(sockets)),
		stream.VerifyNewSession(store, revoker, store, app.Now), stream.CloseEndedSession(sockets),
		stream.LimitSessions(store, a.MaxSessions(), app.Now), stream.LimitSockets(sockets, a.MaxSockets()),
		stream.RecordSeen(store), stream.AckHeartbeat("stream-deliver", store),
	))
}
