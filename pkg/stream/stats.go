package stream

import (
	"context"
	"slices"
	"time"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// ProjectStats keeps the numbers of the house. What a batch brings of one ticket is
// counted at once, with the first of it.
func ProjectStats(aggregator *stats.Aggregator) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		switch {
		case change.DeletedTicketID != "":
			return aggregator.RemoveTicket(ctx, change.DeletedTicketID)
		case affectsStats(change) && !slices.ContainsFunc(change.Earlier, affectsStats):
			return aggregator.ApplyEntry(ctx, *change.Entry)
		}
		return nil
	}
}

func affectsStats(change dynamo.Change) bool {
	return change.Entry != nil && change.Created && stats.AffectsStats(*change.Entry)
}

// ActivityStore keeps what administrators see of the present.
type ActivityStore interface {
	RecordActivity(ctx context.Context, e ticket.Entry) error
	RecordSocket(ctx context.Context, connectionID string, expires time.Time, open bool) error
}

// ProjectActivity keeps the newest entries of the house and its open sockets listed.
func ProjectActivity(store ActivityStore) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		switch {
		case change.Entry != nil && change.Created:
			return store.RecordActivity(ctx, *change.Entry)
		case change.Socket != nil:
			return store.RecordSocket(ctx, change.Socket.ID, change.Socket.Expires, change.Socket.Open)
		}
		return nil
	}
}
