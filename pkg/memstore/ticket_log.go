package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/ticket"
)

// find returns the position of an entry, or where to insert it.
func (p *ticketPartition) find(seq int) (int, bool) {
	return slices.BinarySearchFunc(p.entries, seq, func(e ticket.Entry, seq int) int { return cmp.Compare(e.Seq, seq) })
}

// existing returns a copy of the entry with a sequence number, or nil.
func (p *ticketPartition) existing(seq int) *ticket.Entry {
	if i, found := p.find(seq); found {
		e := cloneEntry(p.entries[i])
		return &e
	}
	return nil
}

func (p *ticketPartition) insert(e ticket.Entry) {
	i, _ := p.find(e.Seq)
	p.entries = slices.Insert(p.entries, i, cloneEntry(e))
}

// log returns the ticket, the read markers and the given entries.
func (p *ticketPartition) log(entries []ticket.Entry) ticket.Log {
	log := ticket.Log{Ticket: cloneTicket(p.ticket), Entries: cloneEntries(entries), ReadMarkers: map[string]int{}, Deleted: p.deleted, ClockAhead: maps.Clone(p.clockAhead)}
	for _, id := range slices.Sorted(maps.Keys(p.markers)) {
		m := p.markers[id]
		log.ReadMarkers[id] = m.Seq
		log.Readers = append(log.Readers, m)
	}
	return log
}

func cloneTicket(tk ticket.Ticket) ticket.Ticket {
	tk.Readers, tk.Tags, tk.FollowUps = maps.Clone(tk.Readers), slices.Clone(tk.Tags), slices.Clone(tk.FollowUps)
	return tk
}

func cloneEntry(e ticket.Entry) ticket.Entry {
	e.Attachments = slices.Clone(e.Attachments)
	return e
}

func cloneEntries(entries []ticket.Entry) []ticket.Entry {
	var cloned []ticket.Entry
	for _, e := range entries {
		cloned = append(cloned, cloneEntry(e))
	}
	return cloned
}

// ReadLogFrom implements ticket.Store.
func (s *Store) ReadLogFrom(_ context.Context, ticketID string, from int) (log ticket.Log, err error) {
	err = s.do("ReadLogFrom", ticketID, func() error {
		p := s.partition(ticketID)
		i, _ := p.find(from)
		log = p.log(p.entries[i:])
		return nil
	})
	return log, err
}

// ReadLogLatest implements ticket.Store.
func (s *Store) ReadLogLatest(_ context.Context, ticketID string, n int) (log ticket.Log, err error) {
	err = s.do("ReadLogLatest", ticketID, func() error {
		p := s.partition(ticketID)
		log = p.log(p.entries[max(len(p.entries)-n, 0):])
		return nil
	})
	return log, err
}

// ReadLogPage implements ticket.Store.
func (s *Store) ReadLogPage(_ context.Context, ticketID string, from, n int) (log ticket.Log, end bool, err error) {
	err = s.do("ReadLogPage", ticketID, func() error {
		p := s.partition(ticketID)
		i, _ := p.find(from)
		rest := p.entries[i:]
		if end = len(rest)+len(p.markers)+1 < n; end {
			log = p.log(rest)
			return nil
		}
		log = ticket.Log{Entries: cloneEntries(rest[:min(n, len(rest))]), ReadMarkers: map[string]int{}}
		return nil
	})
	return log, end, err
}

// ReadLogRange implements ticket.Store.
func (s *Store) ReadLogRange(_ context.Context, ticketID string, from, to, n int, backward bool) (log ticket.Log, err error) {
	err = s.do("ReadLogRange", ticketID, func() error {
		p := s.partition(ticketID)
		first, _ := p.find(from)
		last, found := p.find(to)
		if found {
			last++
		}
		entries := p.entries[first:max(first, last)]
		if over := len(entries) - n; over > 0 && backward {
			entries = entries[over:]
		} else if over > 0 {
			entries = entries[:n]
		}
		log.Entries = cloneEntries(entries)
		return nil
	})
	return log, err
}

// AppendEntry implements ticket.Store.
func (s *Store) AppendEntry(_ context.Context, e ticket.Entry) (existing *ticket.Entry, err error) {
	err = s.do("AppendEntry", e.TicketID, func() error {
		existing, err = s.append(e, nil)
		return err
	})
	return existing, err
}

// AppendEntryWithAttachments implements ticket.Store.
func (s *Store) AppendEntryWithAttachments(_ context.Context, e ticket.Entry, files []attachment.Attachment) (existing *ticket.Entry, err error) {
	err = s.do("AppendEntryWithAttachments", e.TicketID, func() error {
		existing, err = s.append(e, files)
		return err
	})
	return existing, err
}

func (s *Store) append(e ticket.Entry, files []attachment.Attachment) (*ticket.Entry, error) {
	if err := checkItem(e.TicketID, "", e); err != nil {
		return nil, err
	}
	p := s.partition(e.TicketID)
	if existing := p.existing(e.Seq); existing != nil {
		return existing, nil
	}
	if err := s.attach(files); err != nil {
		return nil, err
	}
	p.insert(e)
	return nil, nil
}

// attach binds attachments to an entry if they are unbound, unchanged and no profile picture.
func (s *Store) attach(files []attachment.Attachment) error {
	for _, a := range files {
		stored, found := s.attachments[a.ID]
		if !found || stored.TicketID != "" || stored.InProfile || stored.Owner != a.Owner || stored.State != a.State {
			return apperr.New(apperr.Conflict, "")
		}
	}
	for _, a := range files {
		stored := s.attachments[a.ID]
		stored.TicketID, stored.Seq, stored.Internal, stored.CustomerID = a.TicketID, a.Seq, a.Internal, a.CustomerID
		stored.expires = time.Time{}
		s.attachments[a.ID] = stored
	}
	return nil
}
