package ticket

import (
	"context"
	"slices"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
)

// DeleteStore deletes tickets.
type DeleteStore interface {
	// ReadLogLatest is the method of Store.
	ReadLogLatest(ctx context.Context, ticketID string, n int) (Log, error)
	// DeleteTicket replaces the ticket with a tombstone and writes the audit
	// record, in one transaction. lastSeq is the newest entry that the log may
	// have, 0 for any. It fails with apperr.TicketNotFound or VersionStale.
	DeleteTicket(ctx context.Context, ticketID string, lastSeq int, r audit.Record) error
}

// Deleter deletes tickets on behalf of administrators.
type Deleter struct {
	Store DeleteStore
	Audit audit.Recorder

	versions []int // see IfVersion
}

// IfVersion is the method of Service, for deletions.
func (d *Deleter) IfVersion(versions []int) *Deleter {
	conditional := *d
	conditional.versions = versions
	return &conditional
}

// Delete deletes a ticket. One write hides it from all readers; the stream then
// purges its data. The client id of its creation stays used, so a late retry
// does not create the ticket again. It fails with apperr.VersionStale, see IfVersion, or
// apperr.TicketNotFound, also for a repeated call.
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
	lastSeq := 0
	if d.versions != nil {
		lastSeq = log.Ticket.LastSeq
		if n := len(log.Entries); n > 0 { // the stored ticket may lag behind the log
			lastSeq = max(lastSeq, log.Entries[n-1].Seq)
		}
		if !slices.Contains(d.versions, lastSeq) {
			return apperr.New(apperr.VersionStale, "")
		}
	}
	return d.Store.DeleteTicket(ctx, ticketID, lastSeq, d.Audit.NewRecord(by, audit.TicketDeleted, ticketID, audit.Fields{
		"number": id.Number(ticketID), "customerId": log.Ticket.Customer.ID, "status": string(log.Ticket.State.Status),
	}, nil))
}
