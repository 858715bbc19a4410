package stream

import (
	"context"
	"slices"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/ticket"
)

// ProjectTickets keeps ticket heads up to date with their logs and read marks. What a
// batch brings of one ticket is folded at once, with the first of it.
func ProjectTickets(tickets *ticket.Service) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if !affectsTicket(change) || slices.ContainsFunc(change.Earlier, affectsTicket) {
			return nil
		}
		if change.ReadMarker != nil {
			return tickets.Project(ctx, change.ReadMarker.TicketID, change.ReadMarker.Seq+1)
		}
		return tickets.Project(ctx, change.Entry.TicketID, change.Entry.Seq)
	}
}

func affectsTicket(change dynamo.Change) bool {
	return change.Entry != nil && change.Created || change.ReadMarker != nil
}
