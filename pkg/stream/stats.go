package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
)

// ProjectStats returns a Handler that updates the statistics. It applies the
// entries of a ticket once per batch: the first call reads all of them.
func ProjectStats(aggregator *stats.Aggregator) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		switch e := e.(type) {
		case event.TicketDeleted:
			return aggregator.RemoveTicket(ctx, e.TicketID)
		case event.EntryAppended:
			if stats.AffectsStats(e.Entry) && !slices.ContainsFunc(earlier, affectsStats) {
				return aggregator.ApplyEntry(ctx, e.Entry)
			}
		case event.ReadMarkerMoved:
			return aggregator.ApplyReadMarker(ctx, e.Marker)
		}
		return nil
	}
}

func affectsStats(e event.Event) bool {
	appended, ok := e.(event.EntryAppended)
	return ok && stats.AffectsStats(appended.Entry)
}
