package ticket

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
)

// DeleteStore takes tickets away.
type DeleteStore interface {
	// ReadLogLatest is that of Store.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (Log, error)
	// DeleteTicket puts a tombstone in the place of the ticket's head and notes who
	// did it, in one transaction. Errors: ticket_not_found.
	DeleteTicket(ctx context.Context, ticketID string, r audit.Record) error
}

// Deleter is where administrators throw tickets away.
type Deleter struct {
	Store DeleteStore
	Audit audit.Recorder
}

// Delete deletes a ticket: with one write it is gone for everybody. What is
// left of it is erased behind that write, by the stream. The clientId that it
// was opened with stays used: a late repeat does not bring it back.
//
// Errors: ticket_not_found.
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

// errDeleted is what the repeat of a deleted ticket's opening is told.
func errDeleted() error { return apperr.New(apperr.TicketDeleted, "") }
