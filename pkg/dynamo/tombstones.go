package dynamo

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/ticket"
)

var _ ticket.DeleteStore = (*Store)(nil)

// DeleteTicket implements ticket.DeleteStore.
func (s *Store) DeleteTicket(ctx context.Context, ticketID string, lastSeq int, r audit.Record) error {
	tx := s.transaction().
		put(tombstoneItem{ticketKey(ticketID), toMillis(s.now())}, "attribute_exists(PK) AND attribute_not_exists(gone)", nil).
		putAudit(r)
	if lastSeq > 0 {
		tx.check(entryKey(ticketID, lastSeq+1), "attribute_not_exists(PK)", nil)
	}
	failed, err := tx.commitWithRetry(ctx)
	switch {
	case failed.has(0):
		return apperr.New(apperr.TicketNotFound, "")
	case failed != nil:
		return apperr.New(apperr.VersionStale, "")
	}
	return err
}

// TouchTombstone implements ticket.Store.
func (s *Store) TouchTombstone(ctx context.Context, ticketID string) error {
	_, _, err := s.update(ctx, updateSpec{
		key: ticketKey(ticketID), set: "ADD again :one", condition: "attribute_exists(gone)", values: values{"one": 1},
	})
	return err
}

// PurgeTicket deletes the attachments in the log of a deleted ticket, then the
// entries and read markers. It is safe to repeat: a retry after a crash still finds
// the attachments in the entries.
func (s *Store) PurgeTicket(ctx context.Context, ticketID string, log ticket.Log) error {
	files, keys := []key(nil), []key{numberKey(ticketID)}
	for _, e := range log.Entries {
		keys = append(keys, entryKey(ticketID, e.Seq))
		for _, a := range e.Attachments {
			files = append(files, attachmentKey(a.ID))
		}
	}
	for reader := range log.ReadMarkers {
		keys = append(keys, readMarkerKey(ticketID, reader))
	}
	if err := s.batchDelete(ctx, files); err != nil {
		return err
	}
	return s.batchDelete(ctx, keys)
}
