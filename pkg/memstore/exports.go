package memstore

import (
	"context"
	"time"

	"ticketsystem/pkg/export"
)

var _ export.Store = (*Store)(nil)

// Export implements export.Store.
func (s *Store) Export(_ context.Context, userID string) (e export.Export, found bool, err error) {
	err = s.do("Export", userID, func() error {
		e, found = s.exports[userID]
		e.UserID = userID
		return nil
	})
	return e, found, err
}

// StartExport implements export.Store.
func (s *Store) StartExport(_ context.Context, e export.Export, cutoff time.Time) (started bool, err error) {
	err = s.do("StartExport", e.UserID, func() error {
		existing, found := s.exports[e.UserID]
		if started = !found || !existing.StartedAt.After(cutoff) || existing.FileID == e.FileID; started {
			s.exports[e.UserID] = e
		}
		return nil
	})
	return started, err
}

// FinishExport implements export.Store.
func (s *Store) FinishExport(_ context.Context, e export.Export) error {
	return s.do("FinishExport", e.UserID, func() error {
		if existing := s.exports[e.UserID]; existing.FileID == e.FileID {
			existing.Ready = true
			s.exports[e.UserID] = existing
		}
		return nil
	})
}

// ExpireAttachment implements api.ExportStore.
func (s *Store) ExpireAttachment(_ context.Context, id string, at time.Time) error {
	return s.do("ExpireAttachment", id, func() error {
		if a, found := s.attachments[id]; found && a.TicketID == "" {
			a.expires = at
			s.attachments[id] = a
		}
		return nil
	})
}
