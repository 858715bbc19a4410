package ticket

import (
	"context"

	"ticketsystem/pkg/apperr"
)

// ReadMarker is how far somebody has read a ticket.
type ReadMarker struct {
	TicketID string
	Reader   Author
	Seq      int
}

// Project brings a ticket's head up to date with its log and its read marks.
// What the stream says is a hint: from is a seq that is new, or the one behind
// a mark that has moved; the log says the rest. Doubled, late and reordered hints are
// harmless, because only what the head does not hold yet is folded in.
//
// What slipped in behind a deletion lets the ticket be buried again, so that
// those who erase it hear of it after they have followed what slipped in.
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
			return nil // deleted meanwhile
		}
		if need := firstNeededSeq(log); need < from {
			from = need
			continue
		}
		if n := len(log.Entries); n > 0 && log.Entries[n-1].Seq < log.Ticket.LastSeq {
			backOff(ctx, attempt, 0)
			continue // the head moved on while it was read; what it knows more of must be at hand
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
		backOff(ctx, attempt, 0)
	}
	return errConflict()
}

// clampMarkers takes marks back that somebody set beyond the end of the log: they
// would never move again, and count everything that comes as read.
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

// firstNeededSeq is the first entry that must be at hand to fold and to count what is
// unread after the marks that moved.
func firstNeededSeq(log Log) int {
	seq := log.Ticket.LastSeq + 1
	for id, marker := range log.ReadMarkers {
		if marker > log.Ticket.Readers[id].Read {
			seq = min(seq, marker+1)
		}
	}
	return seq
}

func applyLog(log Log) (Ticket, bool) {
	next := Fold(log.Ticket, log.Entries)
	// A head of the first revision is not in the lists of staff yet.
	changed := next.LastSeq != log.Ticket.LastSeq || log.Ticket.Revision == 1
	for id, marker := range log.ReadMarkers {
		if marker > next.Readers[id].Read && marker <= next.LastSeq {
			next = ApplyReadMarker(next, id, marker, id != next.Customer.ID, log.Entries)
			changed = true
		}
	}
	return next, changed
}
