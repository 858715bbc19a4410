package stream

import (
	"context"
	"errors"

	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/ticket"
)

// TombstoneStore is what a deleted ticket has left behind.
type TombstoneStore interface {
	ReadLogFrom(ctx context.Context, ticketID string, from int) (ticket.Log, error)
	PurgeTicket(ctx context.Context, ticketID string, log ticket.Log) error
}

// ObjectDeleter are the contents of attachments.
type ObjectDeleter interface {
	Delete(ctx context.Context, key string) error
}

// PurgeDeleted erases deleted tickets: the files first and the log last. A crash on
// the way loses nothing: the record comes again, and the log still tells what
// is to be done. What was derived from the log is forgotten by those who did.
func PurgeDeleted(store TombstoneStore, objects ObjectDeleter) Handler {
	return func(ctx context.Context, change dynamo.Change) error {
		if change.DeletedTicketID == "" {
			return nil
		}
		log, err := store.ReadLogFrom(ctx, change.DeletedTicketID, 1)
		if err != nil || !log.Deleted {
			return err
		}
		var errs []error
		for _, e := range log.Entries {
			for _, a := range e.Attachments {
				errs = append(errs, objects.Delete(ctx, attachment.Attachment{ID: a.ID}.Key()))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		return store.PurgeTicket(ctx, change.DeletedTicketID, log)
	}
}
