package stream

import (
	"context"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/ticket"
)

// TombstoneStore reads and purges deleted tickets.
type TombstoneStore interface {
	// ReadLogFrom reads a ticket and its entries from a sequence number on.
	ReadLogFrom(ctx context.Context, ticketID string, from int) (ticket.Log, error)
	// PurgeTicket deletes the items of a deleted ticket and the records of its
	// attachments. It is safe to repeat.
	PurgeTicket(ctx context.Context, ticketID string, log ticket.Log) error
}

// PurgeDeleted returns a Handler that deletes the log of deleted tickets and the
// records of their attachments; DeleteFiles deletes the files. Other handlers
// remove what they derived from the log.
func PurgeDeleted(store TombstoneStore) Handler {
	return on(func(ctx context.Context, e event.TicketDeleted) error {
		log, err := store.ReadLogFrom(ctx, e.TicketID, 1)
		if err != nil || !log.Deleted {
			return err
		}
		return store.PurgeTicket(ctx, e.TicketID, log)
	})
}
