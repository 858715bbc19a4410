package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/ticket"
)

// ProjectTickets returns a Handler that updates tickets from their logs and read
// markers. It projects a ticket once per batch: Project reads the log strongly
// consistent, so the first call covers the later records of the batch.
func ProjectTickets(tickets *ticket.Service) Handler {
	return func(ctx context.Context, e event.Event, earlier ...event.Event) error {
		if slices.ContainsFunc(earlier, affectsTicket) {
			return nil
		}
		switch e := e.(type) {
		case event.EntryAppended:
			return tickets.Project(ctx, e.Entry.TicketID, e.Entry.Seq)
		case event.ReadMarkerMoved:
			return tickets.Project(ctx, e.Marker.TicketID, e.Marker.Seq+1)
		}
		return nil
	}
}

func affectsTicket(e event.Event) bool {
	switch e.(type) {
	case event.EntryAppended, event.ReadMarkerMoved:
		return true
	}
	return false
}
