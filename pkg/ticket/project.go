package ticket

import (
	"context"

	"ticketsystem/pkg/apperr"
)

// ReadMarker records how far a user has read a ticket.
type ReadMarker struct {
	TicketID   string
	Reader     Author
	Seq        int
	Connection string // WebSocket connection that moved it, "" if an HTTP request did
}

// unreadWindow is how many of the newest entries are read to count the unread
// messages after a read marker that moved. After a marker further behind, only
// the messages in the window are counted.
const unreadWindow = 1000

// Project updates a ticket from its log and its read markers. from is a hint: a
// new sequence number, or the one after a read marker that moved. Repeated,
// late and reordered calls are safe, because only missing entries are folded.
// Each read is bounded. A ticket that lacks many entries is updated in steps.
//
// If entries were appended after the ticket was deleted, Project rewrites the
// tombstone so that the purge handler runs again.
func (s *Service) Project(ctx context.Context, ticketID string, from int) error {
	for attempt := 0; attempt < maxAttempts; attempt++ {
		log, end, err := s.Store.ReadLogPage(ctx, ticketID, from, firstPage)
		if err == nil && !end {
			log, err = s.readMissing(ctx, ticketID)
		}
		if err != nil {
			return err
		}
		if log.Deleted && len(log.Entries)+len(log.ReadMarkers) > 0 {
			return s.Store.TouchTombstone(ctx, ticketID)
		}
		if log.Ticket.ID == "" {
			return nil // deleted concurrently
		}
		if need := firstNeededSeq(log); end && need < from {
			from = need
			continue
		}
		if n := len(log.Entries); n > 0 && end && log.Entries[n-1].Seq < log.Ticket.LastSeq {
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
		if err == nil && !end && next.LastSeq > log.Ticket.LastSeq {
			attempt = -1 // progress; the rest of the log follows
			from = next.LastSeq + 1
			continue
		}
		if !apperr.Is(err, apperr.Conflict) {
			return err
		}
		if err := backOff(ctx, attempt, 0); err != nil {
			return err
		}
	}
	return errConflict()
}

// readMissing reads what a ticket lacks that is not within the first page: the
// newest entries up to the first needed one, with the read markers. If the ticket
// lacks more than unreadWindow entries, it reads the first of those, without
// read markers.
func (s *Service) readMissing(ctx context.Context, ticketID string) (Log, error) {
	log, err := s.Store.ReadLogLatest(ctx, ticketID, 1)
	if err != nil || log.Deleted || log.Ticket.ID == "" || len(log.Entries) == 0 {
		return log, err
	}
	from, to := firstNeededSeq(log), max(log.Ticket.LastSeq, log.Entries[len(log.Entries)-1].Seq)
	if from > to {
		return log, nil
	}
	log.Entries, err = s.readNewest(ctx, ticketID, from, to)
	if err == nil && HasGap(log.Ticket, log.Entries) {
		var first Log
		first, err = s.Store.ReadLogRange(ctx, ticketID, log.Ticket.LastSeq+1, to, unreadWindow, false)
		log.Entries, log.ReadMarkers = first.Entries, nil
	}
	return log, err
}

// readNewest reads the newest entries in [from, to], at most unreadWindow. Long texts take several
// reads, because one returns at most 1 MB.
func (s *Service) readNewest(ctx context.Context, ticketID string, from, to int) (entries []Entry, err error) {
	for from <= to && len(entries) < unreadWindow {
		page, err := s.Store.ReadLogRange(ctx, ticketID, from, to, unreadWindow-len(entries), true)
		if err != nil || len(page.Entries) == 0 {
			return entries, err
		}
		entries = append(page.Entries, entries...)
		to = page.Entries[0].Seq - 1
	}
	return entries, nil
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
// count the unread messages in the unreadWindow after the read markers that moved.
func firstNeededSeq(log Log) int {
	seq, end := log.Ticket.LastSeq+1, log.Ticket.LastSeq
	if n := len(log.Entries); n > 0 {
		end = max(end, log.Entries[n-1].Seq)
	}
	for id, marker := range log.ReadMarkers {
		if marker > log.Ticket.Readers[id].Read {
			seq = min(seq, max(marker+1, end-unreadWindow+1))
		}
	}
	return seq
}

// applyLog returns the ticket with all entries and read markers applied, and
// whether it must be stored. A read marker alone, after which as many messages are
// unread as before, is stored with the next change.
func applyLog(log Log) (Ticket, bool) {
	next := Fold(log.Ticket, log.Entries)
	changed := next.LastSeq != log.Ticket.LastSeq || !log.Ticket.IsListed()
	for id, marker := range log.ReadMarkers {
		if marker > next.Readers[id].Read && marker <= next.LastSeq {
			before := next.unreadFor(id)
			next = ApplyReadMarker(next, id, marker, log.Entries)
			changed = changed || next.unreadFor(id) != before
		}
	}
	return next, changed
}
