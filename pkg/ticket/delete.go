package ticket

import (
	"context"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
)

// DeleteStore deletes tickets.
type DeleteStore interface {
	// ReadLogLatest is the method of Store.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (Log, error)
	// DeleteTicket replaces the ticket with a tombstone and writes the audit
	// record, in one transaction. Returns apperr.TicketNotFound.
	DeleteTicket(ctx context.Context, ticketID string, r audit.Record) error
}

// Deleter deletes tickets on behalf of administrators.
type Deleter struct {
	Store DeleteStore
	Audit audit.Recorder
}

// Delete deletes a ticket. One write hides it from all readers; the stream then
// purges its data. The client id of its creation stays used, so a late retry
// does not create the ticket again. Returns apperr.TicketNotFound, also for a
// repeated call.
func (d *Deleter) Delete(ctx context.Context, by audit.Actor, ticketID string) error {
	if !id.Valid(ticketID) {
		return errNotFound()
	}
	log, err := d.Store.ReadLogLatest(ctx, ticketID, 1)
	if err != nil {
		return err
	}
	if log.Ticket.ID == "" {
		return errNotFound()
	}
	return d.Store.DeleteTicket(ctx, ticketID, d.Audit.NewRecord(by, audit.TicketDeleted, ticketID, audit.Fields{
		"number": id.Number(ticketID), "customerId": log.Ticket.Customer.ID, "status": string(log.Ticket.State.Status),
	}, nil))
}
