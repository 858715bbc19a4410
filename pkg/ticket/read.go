package ticket

import (
	"context"
	"slices"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/phone"
	"ticketsystem/pkg/user"
)

// detailPageSize is the number of entries in a Detail.
const detailPageSize = 20

// Detail is a ticket with its first and its newest entries.
type Detail struct {
	Ticket  Ticket
	Opening Entry        // the first entry
	Entries []Entry      // ascending
	HasMore bool         // older visible entries exist
	Readers []ReadMarker // as the actor may see them
}

// Detail returns a ticket with its newest 20 visible entries, usually in one
// round trip; the opening of a longer log takes another. The ticket includes all
// entries of the log, also if the stored projection is stale. Returns
// apperr.TicketNotFound.
func (s *Service) Detail(ctx context.Context, actor user.Principal, ticketID string) (Detail, error) {
	log, err := s.loadForRead(ctx, actor, ticketID, detailPageSize+1)
	if err != nil {
		return Detail{}, err
	}
	page, err := s.fillPage(ctx, actor, log, EntryQuery{Limit: detailPageSize, Backward: true})
	if err != nil {
		return Detail{}, err
	}
	opening, err := s.opening(ctx, log.Ticket.ID, log.Entries, page.Entries)
	if err != nil {
		return Detail{}, err
	}
	log.Ticket.Description = opening.Body
	return Detail{
		Ticket: log.Ticket, Opening: opening, Entries: page.Entries, HasMore: page.HasMore, Readers: readersFor(actor, log, page.Entries),
	}, nil
}

// ByNumber returns the newest visible ticket with a number, which is written as people type it.
// It fails with apperr.TicketNotFound.
func (s *Service) ByNumber(ctx context.Context, actor user.Principal, typed string) (Ticket, error) {
	number, ok := id.ParseNumber(phone.ASCIIDigits(typed))
	if !ok {
		return Ticket{}, errNotFound()
	}
	customerID := actor.UserID
	if actor.Role.IsStaff() {
		customerID = ""
	}
	ids, err := s.Store.TicketsWithNumber(ctx, number, customerID)
	if err != nil {
		return Ticket{}, err
	}
	for _, ticketID := range ids {
		d, err := s.Detail(ctx, actor, ticketID)
		if !apperr.Is(err, apperr.TicketNotFound) {
			return d.Ticket, err
		}
	}
	return Ticket{}, errNotFound()
}

// opening returns the first entry of a log, of which parts were read. Returns
// apperr.TicketNotFound if it was purged.
func (s *Service) opening(ctx context.Context, ticketID string, parts ...[]Entry) (Entry, error) {
	for _, entries := range parts {
		if len(entries) > 0 && entries[0].Seq == 1 {
			return entries[0], nil
		}
	}
	first, err := s.Store.ReadLogRange(ctx, ticketID, 1, 1, 1, false)
	if err == nil && len(first.Entries) == 0 {
		err = errNotFound()
	}
	if err != nil {
		return Entry{}, err
	}
	return first.Entries[0], nil
}

// readersFor returns how far the readers of a ticket have read. Customers do not learn that
// somebody has read a note, as in frames: they get the newest of the shown entries that was
// read, or the opening.
func readersFor(actor user.Principal, log Log, shown []Entry) []ReadMarker {
	var out []ReadMarker
	for _, m := range log.Readers {
		if m.Seq < 1 {
			continue
		}
		seq := min(m.Seq, log.Ticket.LastSeq)
		if !actor.Role.IsStaff() {
			seq = 1
			for _, e := range shown {
				if e.Seq <= m.Seq {
					seq = e.Seq
				}
			}
		}
		m.Seq = seq
		out = append(out, m)
	}
	return out
}

// loadForRead reads at least the newest n entries, with a ticket that includes
// all entries and the actor's own read marker. It fails with apperr.TicketNotFound.
func (s *Service) loadForRead(ctx context.Context, actor user.Principal, ticketID string, n int) (Log, error) {
	log, err := s.readLatest(ctx, actor, ticketID, n)
	if err != nil {
		return Log{}, err
	}
	if log, err = s.catchUp(ctx, log); err != nil {
		return Log{}, err
	}
	// Apply a read marker that the projection lacks, if all entries after it were read.
	marker := log.ReadMarkers[actor.UserID]
	if marker > log.Ticket.Readers[actor.UserID].Read && marker <= log.Ticket.LastSeq && marker+1 >= log.Entries[0].Seq {
		log.Ticket = ApplyReadMarker(log.Ticket, actor.UserID, marker, log.Entries)
	}
	return log, nil
}

// EntryQuery selects a page of visible entries.
type EntryQuery struct {
	After        int // forward: entries after this sequence number
	Before       int // backward: entries before this sequence number; 0 for the newest
	Limit        int
	Backward     bool // towards older entries
	MessagesOnly bool // messages and notes only
}

// EntryPage is a page of entries in ascending order.
type EntryPage struct {
	Entries []Entry
	HasMore bool // more entries exist in the direction of reading
	Next    int  // if HasMore: last sequence number that was read; the next page follows it
	LastSeq int  // newest entry of the ticket that the actor may see
}

// Entries returns a page of the log. The newest page takes one round trip, and so
// does a forward page that reaches the end of the log. Other pages take one more
// for the ticket. It fails with apperr.TicketNotFound.
func (s *Service) Entries(ctx context.Context, actor user.Principal, ticketID string, q EntryQuery) (EntryPage, error) {
	var log Log
	var err error
	switch {
	case !q.Backward:
		log, err = s.readForward(ctx, actor, ticketID, q)
	case q.Before == 0:
		log, err = s.loadForRead(ctx, actor, ticketID, q.Limit+1)
	default:
		log, err = s.loadForRead(ctx, actor, ticketID, 1)
		log.Entries = nil
	}
	if err != nil {
		return EntryPage{}, err
	}
	out, err := s.fillPage(ctx, actor, log, q)
	out.LastSeq = log.Ticket.LastSeqFor(actor)
	return out, err
}

// readForward reads the entries after q.After and the ticket. Near the end of the
// log one read returns both. Further back it takes a second read to get the
// ticket, which decides whether the actor may see the entries. Returns
// apperr.TicketNotFound.
func (s *Service) readForward(ctx context.Context, actor user.Principal, ticketID string, q EntryQuery) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, errNotFound()
	}
	// Two more than the limit: the entry at After, and one that shows that more exist.
	log, end, err := s.Store.ReadLogPage(ctx, ticketID, max(q.After, 1), q.Limit+2)
	if err != nil {
		return Log{}, err
	}
	entries := log.Entries
	if end && len(entries) > 0 && log.Ticket.VisibleTo(actor) {
		if log, err = s.catchUp(ctx, log); err != nil {
			return Log{}, err
		}
		entries = log.Entries
	} else if log, err = s.loadForRead(ctx, actor, ticketID, 1); err != nil {
		return Log{}, err
	}
	log.Entries = slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Seq <= q.After })
	return log, nil
}

// maxPageReads bounds the reads for one page. A page ends early if so many reads
// found too few entries that the actor may see.
const maxPageReads = 10

// minPageRead is the least number of entries in all reads but the first.
const minPageRead = 100

// fillPage returns the page for q. It starts with the entries of log and reads
// more until the page is full and HasMore is known, or after maxPageReads.
func (s *Service) fillPage(ctx context.Context, actor user.Principal, log Log, q EntryQuery) (EntryPage, error) {
	entries := filterVisible(log.Entries, actor, q)
	from, to := q.After+1, log.Ticket.LastSeq
	if q.Before > 0 {
		to = min(to, q.Before-1)
	}
	if n := len(log.Entries); n > 0 && q.Backward {
		to = log.Entries[0].Seq - 1
	} else if n > 0 {
		from = log.Entries[n-1].Seq + 1
	}
	n := q.Limit + 1 - len(entries)
	for reads := 0; len(entries) <= q.Limit && from <= to; reads++ {
		// The entry with sequence number 1 is never a message.
		if q.MessagesOnly && to == 1 {
			break
		}
		if reads == maxPageReads {
			if q.Backward {
				return EntryPage{Entries: entries, HasMore: true, Next: to + 1}, nil
			}
			return EntryPage{Entries: entries, HasMore: true, Next: from - 1}, nil
		}
		more, err := s.Store.ReadLogRange(ctx, log.Ticket.ID, from, to, n, q.Backward)
		if err != nil {
			return EntryPage{}, err
		}
		if len(more.Entries) == 0 {
			break
		}
		if q.Backward {
			entries = append(filterVisible(more.Entries, actor, q), entries...)
			to = more.Entries[0].Seq - 1
		} else {
			entries = append(entries, filterVisible(more.Entries, actor, q)...)
			from = more.Entries[len(more.Entries)-1].Seq + 1
		}
		n = max(q.Limit+1-len(entries), minPageRead)
	}
	return trimPage(entries, q), nil
}

// trimPage returns the page of at most q.Limit entries.
func trimPage(entries []Entry, q EntryQuery) EntryPage {
	over := len(entries) - q.Limit
	switch {
	case over <= 0:
		return EntryPage{Entries: entries}
	case q.Backward:
		return EntryPage{Entries: entries[over:], HasMore: true, Next: entries[over].Seq}
	default:
		return EntryPage{Entries: entries[:q.Limit], HasMore: true, Next: entries[q.Limit-1].Seq}
	}
}

// filterVisible returns the entries that the actor may see and q selects.
func filterVisible(entries []Entry, actor user.Principal, q EntryQuery) []Entry {
	var out []Entry
	for _, e := range entries {
		if e.VisibleTo(actor.Role) && (!q.MessagesOnly || e.IsMessage()) {
			out = append(out, e)
		}
	}
	return out
}

// MarkRead moves the actor's read marker forward to seq; it never moves back. It
// is safe to repeat. The first call of a user on a ticket, or after a change of
// role, also reads the ticket to authorize the user. Returns
// apperr.TicketNotFound or RateLimited.
func (s *Service) MarkRead(ctx context.Context, actor user.Principal, ticketID string, seq int) error {
	return s.MarkReadBy(ctx, actor, "", ticketID, seq)
}

// MarkReadBy does the same for a frame of a connection.
func (s *Service) MarkReadBy(ctx context.Context, actor user.Principal, connectionID, ticketID string, seq int) error {
	if !id.Valid(ticketID) {
		return errNotFound()
	}
	if s.Writes != nil {
		if err := s.Writes.CheckRead(ctx, actor.UserID); err != nil {
			return err
		}
	}
	marker := ReadMarker{TicketID: ticketID, Reader: authorOf(actor), Seq: seq, Connection: connectionID}
	moved, err := s.Store.AdvanceReadMarker(ctx, marker)
	if err != nil || moved {
		return err
	}
	if _, err := s.readLatest(ctx, actor, ticketID, 1); err != nil {
		return err
	}
	return s.Store.CreateReadMarker(ctx, marker)
}
