package stream

import (
	"context"
	"time"

	"ticketsystem/pkg/event"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/ticket"
)

// TombstoneStore reads and purges deleted tickets.
type TombstoneStore interface {
	// ReadLogFrom reads a ticket and its entries from a sequence number on.
	ReadLogFrom(ctx context.Context, ticketID string, from int) (ticket.Log, error)
	// PurgeTicket deletes the items of a deleted ticket and the records of its
	// attachments. It is safe to repeat.
	PurgeTicket(ctx context.Context, ticketID string, log ticket.Log) error
	// DeleteNotificationsByID deletes notifications. It is safe to repeat.
	DeleteNotificationsByID(ctx context.Context, userID string, ids []string) error
}

// PurgeDeleted returns a Handler that deletes the log of deleted tickets, its
// notifications and the records of its attachments; DeleteFiles deletes the files.
// Other handlers remove what they derived from the log. The notifications are found by
// the log, and reminders by the time at which they were due.
func PurgeDeleted(store TombstoneStore, remindAfter time.Duration) Handler {
	return on(func(ctx context.Context, e event.TicketDeleted) error {
		log, err := store.ReadLogFrom(ctx, e.TicketID, 1)
		if err != nil || !log.Deleted {
			return err
		}
		customerID := ticket.Fold(ticket.Ticket{}, log.Entries).Customer.ID
		for userID, ids := range notification.IDsForEntries(customerID, log.Entries, remindAfter) {
			if err := store.DeleteNotificationsByID(ctx, userID, ids); err != nil {
				return err
			}
		}
		return store.PurgeTicket(ctx, e.TicketID, log)
	})
}
