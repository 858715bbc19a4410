package ticket

import (
	"context"
	"slices"

	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// detailEntries is how many entries a detail shows.
const detailEntries = 20

// Detail is a ticket with its newest entries.
type Detail struct {
	Head    Head
	Entries []Entry // ascending
	HasMore bool    // older ones exist
}

// Detail reads a ticket with its newest 20 visible entries in one round trip.
// The head is as new as the log, however far the stream is behind.
func (d *Desk) Detail(ctx context.Context, who user.Principal, ticketID string) (Detail, error) {
	log, err := d.look(ctx, who, ticketID, detailEntries+1)
	if err != nil {
		return Detail{}, err
	}
	page, err := d.fill(ctx, who, log, Page{Limit: detailEntries, Backward: true})
	if err != nil {
		return Detail{}, err
	}
	return Detail{Head: log.Head, Entries: page.Entries, HasMore: page.HasMore}, nil
}

// look reads the newest n entries of a ticket the person may see, with an
// up-to-date head and the person's own read mark in it.
func (d *Desk) look(ctx context.Context, who user.Principal, ticketID string, n int) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, notFound()
	}
	log, err := d.Store.Newest(ctx, ticketID, n)
	if err != nil {
		return Log{}, err
	}
	if !log.Head.VisibleTo(who) {
		return Log{}, notFound()
	}
	if log, err = d.whole(ctx, log); err != nil {
		return Log{}, err
	}
	// A mark that the stream has not folded in yet counts when the entries
	// behind it are at hand.
	mark := log.Marks[who.UserID]
	if mark > log.Head.Readers[who.UserID].Read && mark <= log.Head.LastSeq && mark+1 >= log.Entries[0].Seq {
		log.Head = MarkRead(log.Head, who.UserID, mark, who.Role.Staff(), log.Entries)
	}
	return log, nil
}

// Page asks for a stretch of entries: after a seq, or before one (0 for the
// newest), the visible ones, only messages if so said.
type Page struct {
	After, Before int
	Limit         int
	Backward      bool // towards older entries
	MessagesOnly  bool
}

// Stretch is a page of entries, ascending.
type Stretch struct {
	Entries []Entry
	HasMore bool // more visible ones exist in the direction of reading
	LastSeq int  // newest entry of the ticket that the person may see
}

// Entries reads a page of the log. The newest page costs one round trip, and so
// does what came after a seq when it fits in the page; any other page costs one
// more for the head.
func (d *Desk) Entries(ctx context.Context, who user.Principal, ticketID string, p Page) (Stretch, error) {
	var log Log
	var err error
	switch {
	case !p.Backward:
		log, err = d.ahead(ctx, who, ticketID, p)
	case p.Before == 0:
		log, err = d.look(ctx, who, ticketID, p.Limit+1)
	default:
		log, err = d.look(ctx, who, ticketID, 1)
		log.Entries = nil
	}
	if err != nil {
		return Stretch{}, err
	}
	out, err := d.fill(ctx, who, log, p)
	out.LastSeq = log.Head.LastSeqFor(who)
	return out, err
}

// ahead reads on from what the client has seen. Who comes back after a while is
// near the end of the log, and the same read brings the head, which alone says
// whose ticket it is; from further back the head is read by itself.
func (d *Desk) ahead(ctx context.Context, who user.Principal, ticketID string, p Page) (Log, error) {
	if !id.Valid(ticketID) {
		return Log{}, notFound()
	}
	// The entry that was seen comes along, and one that tells of more.
	log, end, err := d.Store.Ahead(ctx, ticketID, max(p.After, 1), p.Limit+2)
	if err != nil {
		return Log{}, err
	}
	entries := log.Entries
	if end && len(entries) > 0 && log.Head.VisibleTo(who) {
		if log, err = d.whole(ctx, log); err != nil {
			return Log{}, err
		}
		entries = log.Entries
	} else if log, err = d.look(ctx, who, ticketID, 1); err != nil {
		return Log{}, err
	}
	log.Entries = slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return e.Seq <= p.After })
	return log, nil
}

// fill reads on from what the log holds until the page is full and it is known
// whether more follows.
func (d *Desk) fill(ctx context.Context, who user.Principal, log Log, p Page) (Stretch, error) {
	entries := visible(log.Entries, who, p)
	from, to := p.After+1, log.Head.LastSeq
	if p.Before > 0 {
		to = min(to, p.Before-1)
	}
	if n := len(log.Entries); n > 0 && p.Backward {
		to = log.Entries[0].Seq - 1
	} else if n > 0 {
		from = log.Entries[n-1].Seq + 1
	}
	for len(entries) <= p.Limit && from <= to {
		// Seq 1 is no message: a page of messages need not look for it.
		if p.MessagesOnly && to == 1 {
			break
		}
		more, err := d.Store.Stretch(ctx, log.Head.ID, from, to, p.Limit+1-len(entries), p.Backward)
		if err != nil {
			return Stretch{}, err
		}
		if len(more.Entries) == 0 {
			break
		}
		if p.Backward {
			entries = append(visible(more.Entries, who, p), entries...)
			to = more.Entries[0].Seq - 1
		} else {
			entries = append(entries, visible(more.Entries, who, p)...)
			from = more.Entries[len(more.Entries)-1].Seq + 1
		}
	}
	return cut(entries, p), nil
}

// cut drops what is over the limit, at the far end of the direction of reading.
func cut(entries []Entry, p Page) Stretch {
	over := len(entries) - p.Limit
	switch {
	case over <= 0:
		return Stretch{Entries: entries}
	case p.Backward:
		return Stretch{Entries: entries[over:], HasMore: true}
	default:
		return Stretch{Entries: entries[:p.Limit], HasMore: true}
	}
}

func visible(entries []Entry, who user.Principal, p Page) []Entry {
	var out []Entry
	for _, e := range entries {
		if e.VisibleTo(who.Role) && (!p.MessagesOnly || e.IsMessage()) {
			out = append(out, e)
		}
	}
	return out
}

// Read moves the person's read mark forward to seq; it never moves back. Who
// has a mark on the ticket already pays one round trip; the first time, and
// after a change of role, the ticket is read to see whether it is theirs.
func (d *Desk) Read(ctx context.Context, who user.Principal, ticketID string, seq int) error {
	if !id.Valid(ticketID) {
		return notFound()
	}
	mark := Mark{TicketID: ticketID, Reader: authorOf(who), Seq: seq}
	moved, err := d.Store.SetRead(ctx, mark)
	if err != nil || moved {
		return err
	}
	log, err := d.Store.Newest(ctx, ticketID, 1)
	if err != nil {
		return err
	}
	if !log.Head.VisibleTo(who) {
		return notFound()
	}
	return d.Store.AddRead(ctx, mark)
}
