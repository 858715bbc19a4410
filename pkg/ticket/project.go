package ticket

import (
	"context"

	"ticketsystem/pkg/apperr"
)

// ReadMarker records how far a user has read a ticket.
type ReadMarker struct {
	TicketID string
	Reader   Author
	Seq      int
}

// Project updates a ticket from its log and its read markers. from is a hint: a
// new sequence number, or the one after a read marker that moved. Repeated,
// late and reordered calls are safe, because only missing entries are folded.
//
// If entries were appended after the ticket was deleted, Project rewrites the
// tombstone so that the purge handler runs again.
func (s *Service) Project(ctx context.Context, ticketID string, from int) error {
	for attempt := range maxAttempts {
		log, err := s.Store.ReadLogFrom(ctx, ticketID, from)
		if err != nil {
			return err
		}
		if log.Deleted && len(log.Entries)+len(log.ReadMarkers) > 0 {
			return s.Store.TouchTombstone(ctx, ticketID)
		}
		if log.Ticket.ID == "" {
			return nil // deleted concurrently
		}
		if need := firstNeededSeq(log); need < from {
			from = need
			continue
		}
		if n := len(log.Entries); n > 0 && log.Entries[n-1].Seq < log.Ticket.LastSeq {
			// The ticket was updated while it was read and includes entries
			// that this read lacks.
			if err := backOff(ctx, attempt, 0); err != nil {
				return err
			}
			continue
		}
		if err := s.clampMarkers(ctx, log); err != nil {
			return err
		}
		next, changed := applyLog(log)
		if !changed {
			return nil
		}
		err = s.Store.SaveProjection(ctx, next)
		if !apperr.Is(err, apperr.Conflict) {
			return err
		}
		if err := backOff(ctx, attempt, 0); err != nil {
			return err
		}
	}
	return errConflict()
}

// clampMarkers sets read markers beyond the end of the log to its end. Such a
// marker would never advance and would count all later messages as read.
func (s *Service) clampMarkers(ctx context.Context, log Log) error {
	end := log.Ticket.LastSeq
	if n := len(log.Entries); n > 0 {
		end = max(end, log.Entries[n-1].Seq)
	}
	for id, marker := range log.ReadMarkers {
		if marker <= end {
			continue
		}
		if err := s.Store.ClampReadMarker(ctx, ReadMarker{TicketID: log.Ticket.ID, Reader: Author{ID: id}, Seq: end}, marker); err != nil {
			return err
		}
		log.ReadMarkers[id] = end
	}
	return nil
}

// firstNeededSeq returns the first sequence number needed to fold the log and to
// count the unread messages after the read markers that moved.
func firstNeededSeq(log Log) int {
	seq := log.Ticket.LastSeq + 1
	for id, marker := range log.ReadMarkers {
		if marker > log.Ticket.Readers[id].Read {
			seq = min(seq, marker+1)
		}
	}
	return seq
}

// applyLog returns the ticket with all entries and read markers applied, and
// whether it must be stored.
func applyLog(log Log) (Ticket, bool) {
	next := Fold(log.Ticket, log.Entries)
	// Revision 1 is not in the staff lists yet.
	changed := next.LastSeq != log.Ticket.LastSeq || log.Ticket.Revision == 1
	for id, marker := range log.ReadMarkers {
		if marker > next.Readers[id].Read && marker <= next.LastSeq {
			next = ApplyReadMarker(next, id, marker, id != next.Customer.ID, log.Entries)
			changed = true
		}
	}
	return next, changed
}
