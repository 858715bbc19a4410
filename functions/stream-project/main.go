// Command stream-project keeps the projections of the log: the stream of the table.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.Open()
	store := a.Store()
	a.Run(stream.NewBatchHandler(a.Log,
		stream.ProjectTickets(a.Tickets()), stream.ScheduleTimers(a.Store(), a.AutomationPolicy()), stream.SyncUserCopies(store), stream.AnonymizeUser(store), stream.ProjectStats(&stats.Aggregator{Store: store}), stream.ProjectActivity(store),
		stream.CreateNotifications(a.Notifier()), stream.IndexSearch(store), stream.PurgeDeleted(store, attachments.Bucket(a)), stream.AckHeartbeat("stream-project", store)))
}
