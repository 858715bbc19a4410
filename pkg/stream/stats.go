package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stats"
)

// ProjectStats returns a Handler that updates the statistics. It applies the entries and the read
// markers of a ticket once per batch: the first call reads all of them.
func ProjectStats(aggregator *stats.Aggregator) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		if e, ok := e.(event.TicketDeleted); ok {
			return aggregator.RemoveTicket(ctx, e.TicketID)
		}
		if !affectsStats(e) || slices.ContainsFunc(earlier, affectsStats) {
			return nil
		}
		switch e := e.(type) {
		case event.EntryAppended:
			return aggregator.ApplyEntry(ctx, e.Entry)
		case event.ReadMarkerMoved:
			return aggregator.ApplyReadMarker(ctx, e.Marker)
		}
		return nil
	}
}

func affectsStats(e event.Event) bool {
	switch e := e.(type) {
	case event.EntryAppended:
		return stats.AffectsStats(e.Entry)
	case event.ReadMarkerMoved:
		return e.Marker.Reader.Role.IsStaff()
	}
	return false
}
