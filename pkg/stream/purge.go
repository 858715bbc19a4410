package stream

import (
	"context"
	"errors"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/ticket"
)

// TombstoneStore reads and purges deleted tickets.
type TombstoneStore interface {
	// ReadLogFrom reads a ticket and its entries from a sequence number on.
	ReadLogFrom(ctx context.Context, ticketID string, from int) (ticket.Log, error)
	// PurgeTicket deletes the items of a deleted ticket. It is safe to repeat.
	PurgeTicket(ctx context.Context, ticketID string, log ticket.Log) error
}

// ObjectDeleter deletes the contents of attachments.
type ObjectDeleter interface {
	// Delete deletes an object. It succeeds if the object does not exist.
	Delete(ctx context.Context, key string) error
}

// PurgeDeleted returns a Handler that deletes the attachments and the log of
// deleted tickets. The log goes last, so a retry after a crash still finds the
// attachments in it. Other handlers remove what they derived from the log.
func PurgeDeleted(store TombstoneStore, objects ObjectDeleter) Handler {
	return on(func(ctx context.Context, e event.TicketDeleted) error {
		log, err := store.ReadLogFrom(ctx, e.TicketID, 1)
		if err != nil || !log.Deleted {
			return err
		}
		var errs []error
		for _, entry := range log.Entries {
			for _, a := range entry.Attachments {
				errs = append(errs, objects.Delete(ctx, attachment.Attachment{ID: a.ID}.Key()))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		return store.PurgeTicket(ctx, e.TicketID, log)
	})
}
