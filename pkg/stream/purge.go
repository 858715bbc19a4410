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
	// ReadLogPage returns up to n entries from a sequence number on, and the ticket if the page
	// reaches the end of the log.
	ReadLogPage(ctx context.Context, ticketID string, from, n int) (log ticket.Log, end bool, err error)
	// TouchTombstone makes the stream report the deletion again.
	TouchTombstone(ctx context.Context, ticketID string) error
	// PurgeTicket deletes the items of a deleted ticket and the records of its
	// attachments. It is safe to repeat.
	PurgeTicket(ctx context.Context, ticketID string, log ticket.Log) error
	// DeleteNotificationsByID deletes notifications. It is safe to repeat.
	DeleteNotificationsByID(ctx context.Context, userID string, ids []string) error
}

// Unlinker removes links between tickets.
type Unlinker interface {
	// Unlink removes a deleted ticket from the links of another one. It is safe to repeat.
	Unlink(ctx context.Context, ticketID, deletedID string) error
}

// purgePage bounds the entries that one stream record purges.
const purgePage = 500

// PurgeDeleted returns a Handler that deletes the log of deleted tickets, its
// notifications and the records of its attachments; DeleteFiles deletes the files.
// Before, it removes the ticket from the tickets that link to it. Other handlers remove what
// they derived from the log. The notifications are found by
// the log, and reminders by the time at which they were due. A long log takes several
// records, so that it does not hold up others; its opening, which has the customer, goes last.
// It follows IndexSearch, because a replay does not find a purged ticket to remove its words.
func PurgeDeleted(store TombstoneStore, tickets Unlinker, remindAfter time.Duration) Handler {
	return on(func(ctx context.Context, e event.TicketDeleted) error {
		log, end, err := store.ReadLogPage(ctx, e.TicketID, 1, purgePage)
		if err != nil || end && !log.Deleted {
			return err
		}
		for _, id := range ticket.LinkedTickets(log.Entries) {
			if err := tickets.Unlink(ctx, id, e.TicketID); err != nil {
				return err
			}
		}
		customerID := ticket.Fold(ticket.Ticket{}, log.Entries).Customer.ID
		for userID, ids := range notification.IDsForEntries(customerID, log.Entries, remindAfter) {
			if err := store.DeleteNotificationsByID(ctx, userID, ids); err != nil {
				return err
			}
		}
		if !end {
			log.Entries = log.Entries[1:]
		}
		if err := store.PurgeTicket(ctx, e.TicketID, log); err != nil || end {
			return err
		}
		return store.TouchTombstone(ctx, e.TicketID)
	})
}
