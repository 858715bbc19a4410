// Command stream-project updates the projections of the ticket logs: the stream of the table.
package main

import (
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/app/attachments"
	"ticketsystem/pkg/app/delivery"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
)

func main() {
	a := app.New()
	store, tickets, policy, index := a.Store(), a.Tickets(), a.AutomationPolicy(), delivery.SearchIndex(a)
	project := stream.NewBatchHandler(a.Log, a.RequestLog(), dynamo.DecodeRecord,
		stream.ProjectTickets(tickets), stream.ScheduleTimers(store, policy), stream.SyncUserCopies(store), stream.InOrder(stream.RemovePushSubscriptions(delivery.PushSubscriptions(a)), stream.PropagateUser(store, index, tickets)),
		stream.ProjectStats(&stats.Aggregator{Store: store}), stream.ProjectActivity(store),
		stream.InOrder(stream.CreateNotifications(a.Notifier()), stream.RecordNameReferences(store), stream.ReleaseTickets(store, store, tickets)),
		stream.MarkEntriesRead(store, policy.RemindAfter), stream.InOrder(stream.IndexSearch(index), stream.PurgeDeleted(store, tickets, policy.RemindAfter)),
		stream.DeleteFiles(attachments.Bucket(a)), stream.RecordFiles(store),
		stream.ExpireReplacedPictures(store, app.Now), stream.AckHeartbeat("stream-project", store),
	)
	a.Run(stream.CountEntries(project, dynamo.DecodeRecord, a.EntryLimits(), a.Metrics(), a.Log))
}
