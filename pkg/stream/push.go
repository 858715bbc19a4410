package stream

import (
	"context"

	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/ws"
)

// PushChanges is the durable push: every entry is hinted at, every changed ticket
// shown on the queue, every read mark told.
func PushChanges(tickets ticket.Store, publisher *ws.Publisher) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		switch {
		case change.Entry != nil && change.Created:
			log, err := tickets.ReadLogLatest(ctx, change.Entry.TicketID, 1)
			if err != nil || log.Ticket.ID == "" {
				return err
			}
			log.Ticket.State = change.Entry.State
			return publisher.PublishEntryHint(ctx, log.Ticket, *change.Entry)
		case change.Ticket != nil:
			return publisher.PublishQueueChange(ctx, *change.Ticket)
		case change.ReadMarker != nil:
			return pushReadMarker(ctx, tickets, publisher, *change.ReadMarker)
		}
		return nil
	}
}

func pushReadMarker(ctx context.Context, tickets ticket.Store, publisher *ws.Publisher, marker ticket.ReadMarker) error {
	log, err := tickets.ReadLogLatest(ctx, marker.TicketID, 1)
	if err != nil || log.Ticket.ID == "" {
		return err
	}
	public := log.Ticket.PublicSeq
	for _, e := range log.Entries { // the head may lag behind them
		if e.VisibleTo(user.RoleUser) {
			public = max(public, e.Seq)
		}
	}
	return publisher.PublishReadMarker(ctx, marker, public)
}
