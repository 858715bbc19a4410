package ticket

import (
	"context"
	"slices"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// detailPageSize is how many entries a detail shows.
const detailPageSize = 20

// Detail is a ticket with its newest entries.
type Detail struct {
	Ticket  Ticket
	Entries []Entry // ascending
	HasMore bool    // older ones exist
}

// Detail reads a ticket with its newest 20 visible entries in one round trip.
// The head is as new as the log, however far the stream is behind.
func (s *Service) Detail(ctx context.Context, actor user.Principal, ticketID string) (Detail, error) {
	log, err := s.loadForRead(ctx, actor, ticketID, detailPageSize+1)
	if err != nil {
		return Detail{}, err
	}
	page, err := s.fillPage(ctx, actor, log, EntryQuery{Limit: detailPageSize, Backward: true})
	if err != nil {
		return Detail{}, err
	}
	return Detail{Ticket: log.Ticket, Entries: page.Entries, HasMore: page.HasMore}, nil
}

// loadForRead reads the newest n entries of a ticket the person may see, with an
// up-to-date head and the person's own read mark in it.
func (s *Service) loadForRead(ctx context.Context, actor user.Principal, ticketID string, n int) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, errNotFound()
	}
	log, err := s.Store.ReadLogLatest(ctx, ticketID, n)
	if err != nil {
		return Log{}, err
	}
	if !log.Ticket.VisibleTo(actor) {
		return Log{}, errNotFound()
	}
	if log, err = s.catchUp(ctx, log); err != nil {
		return Log{}, err
	}
	// A mark that the stream has not folded in yet counts when the entries
	// behind it are at hand.
	marker := log.ReadMarkers[actor.UserID]
	if marker > log.Ticket.Readers[actor.UserID].Read && marker <= log.Ticket.LastSeq && marker+1 >= log.Entries[0].Seq {
		log.Ticket = ApplyReadMarker(log.Ticket, actor.UserID, marker, actor.Role.IsStaff(), log.Entries)
	}
	return log, nil
}

// EntryQuery asks for a stretch of entries: after a seq, or before one (0 for the
// newest), the visible ones, only messages if so said.
type EntryQuery struct {
	After, Before int
	Limit         int
	Backward      bool // towards older entries
	MessagesOnly  bool
}

// EntryPage is a page of entries, ascending.
type EntryPage struct {
	Entries []Entry
	HasMore bool // more visible ones exist in the direction of reading
	LastSeq int  // newest entry of the ticket that the person may see
}

// Entries reads a page of the log. The newest page costs one round trip, and so
// does what came after a seq when it fits in the page; any other page costs one
// more for the head.
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

// readForward reads on from what the client has seen. Who comes back after a while is
// near the end of the log, and the same read brings the head, which alone says
// whose ticket it is; from further back the head is read by itself.
func (s *Service) readForward(ctx context.Context, actor user.Principal, ticketID string, q EntryQuery) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, errNotFound()
	}
	// The entry that was seen comes along, and one that tells of more.
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

// fillPage reads on from what the log holds until the page is full and it is known
// whether more follows.
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
	for len(entries) <= q.Limit && from <= to {
		// Seq 1 is no message: a page of messages need not look for it.
		if q.MessagesOnly && to == 1 {
			break
		}
		more, err := s.Store.ReadLogRange(ctx, log.Ticket.ID, from, to, q.Limit+1-len(entries), q.Backward)
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
	}
	return trimPage(entries, q), nil
}

// trimPage drops what is over the limit, at the far end of the direction of reading.
func trimPage(entries []Entry, q EntryQuery) EntryPage {
	over := len(entries) - q.Limit
	switch {
	case over <= 0:
		return EntryPage{Entries: entries}
	case q.Backward:
		return EntryPage{Entries: entries[over:], HasMore: true}
	default:
		return EntryPage{Entries: entries[:q.Limit], HasMore: true}
	}
}

func filterVisible(entries []Entry, actor user.Principal, q EntryQuery) []Entry {
	var out []Entry
	for _, e := range entries {
		if e.VisibleTo(actor.Role) && (!q.MessagesOnly || e.IsMessage()) {
			out = append(out, e)
		}
	}
	return out
}

// MarkRead moves the person's read mark forward to seq; it never moves back. Who
// has a mark on the ticket already pays one round trip; the first time, and
// after a change of role, the ticket is read to see whether it is theirs.
func (s *Service) MarkRead(ctx context.Context, actor user.Principal, ticketID string, seq int) error {
	if !id.Valid(ticketID) {
		return errNotFound()
	}
	marker := ReadMarker{TicketID: ticketID, Reader: authorOf(actor), Seq: seq}
	moved, err := s.Store.AdvanceReadMarker(ctx, marker)
	if err != nil || moved {
		return err
	}
	log, err := s.Store.ReadLogLatest(ctx, ticketID, 1)
	if err != nil {
		return err
	}
	if !log.Ticket.VisibleTo(actor) {
		return errNotFound()
	}
	return s.Store.CreateReadMarker(ctx, marker)
}
