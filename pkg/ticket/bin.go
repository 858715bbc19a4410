package ticket

import (
	"context"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/id"
)

// BinStore takes tickets away.
type BinStore interface {
	// Newest is that of Store.
	Newest(ctx context.Context, ticketID string, n int) (Log, error)
	// Remove puts a tombstone in the place of the ticket's head and notes who
	// did it, in one transaction. Errors: ticket_not_found.
	Remove(ctx context.Context, ticketID string, r audit.Record) error
}

// Bin is where administrators throw tickets away.
type Bin struct {
	Store BinStore
	Pen   audit.Pen
}

// Remove deletes a ticket: with one write it is gone for everybody. What is
// left of it is erased behind that write, by the stream. The clientId that it
// was opened with stays used: a late repeat does not bring it back.
//
// Errors: ticket_not_found.
func (b *Bin) Remove(ctx context.Context, by audit.Actor, ticketID string) error {
	if !id.Valid(ticketID) {
		return notFound()
	}
	log, err := b.Store.Newest(ctx, ticketID, 1)
	if err != nil {
		return err
	}
	if log.Head.ID == "" {
		return notFound()
	}
	return b.Store.Remove(ctx, ticketID, b.Pen.Note(by, audit.TicketRemoved, ticketID, audit.Facts{
		"number": id.Number(ticketID), "customerId": log.Head.Customer.ID, "status": string(log.Head.State.Status),
	}, nil))
}

// deleted is what the repeat of a deleted ticket's opening is told.
func deleted() error { return fault.New(fault.TicketDeleted, "") }
