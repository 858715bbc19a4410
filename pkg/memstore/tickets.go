package memstore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/ticket"
)

// ticketPartition contains all items of one ticket.
type ticketPartition struct {
	exists  bool // the ticket item, or its tombstone
	ticket  ticket.Ticket
	entries []ticket.Entry // ascending
	markers map[string]ticket.ReadMarker
	deleted bool
	touched int
}

type storedAttachment struct {
	attachment.Attachment
	expires time.Time // zero if it is retained
}

func (s *Store) partition(ticketID string) *ticketPartition {
	p, found := s.tickets[ticketID]
	if !found {
		p = &ticketPartition{markers: map[string]ticket.ReadMarker{}}
		s.tickets[ticketID] = p
	}
	return p
}

// TicketsWithNumber implements ticket.Store.
func (s *Store) TicketsWithNumber(_ context.Context, number, _ string) (ids []string, err error) {
	err = s.do("TicketsWithNumber", number, func() error {
		for _, ticketID := range slices.Backward(sortedKeys(s.tickets)) {
			if s.tickets[ticketID].exists && id.Number(ticketID) == number {
				ids = append(ids, ticketID)
			}
		}
		return nil
	})
	return ids, err
}

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
	log := ticket.Log{Ticket: cloneTicket(p.ticket), Entries: cloneEntries(entries), ReadMarkers: map[string]int{}, Deleted: p.deleted}
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

// attach binds attachments to an entry if they are unbound and unchanged.
func (s *Store) attach(files []attachment.Attachment) error {
	for _, a := range files {
		stored, found := s.attachments[a.ID]
		if !found || stored.TicketID != "" || stored.Owner != a.Owner || stored.State != a.State {
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

// CreateTicket implements ticket.Store.
func (s *Store) CreateTicket(_ context.Context, tk ticket.Ticket, e ticket.Entry, files []attachment.Attachment, links ...ticket.Entry) (exists bool, err error) {
	err = s.do("CreateTicket", tk.ID, func() error {
		if err := checkItem(tk.ID, "", e); err != nil {
			return err
		}
		p := s.partition(tk.ID)
		if exists = p.exists; exists {
			return nil
		}
		for _, added := range append([]ticket.Entry{e}, links...) {
			if s.partition(added.TicketID).existing(added.Seq) != nil {
				return apperr.New(apperr.Conflict, "")
			}
		}
		if err := s.attach(files); err != nil {
			return err
		}
		p.put(tk)
		p.insert(e)
		for _, link := range links {
			s.partition(link.TicketID).insert(link)
		}
		return nil
	})
	return exists, err
}

// put stores the ticket with the next revision.
func (p *ticketPartition) put(tk ticket.Ticket) {
	tk = cloneTicket(tk)
	tk.Revision++
	p.ticket, p.exists = tk, true
}

// CommitEntries implements ticket.Store.
func (s *Store) CommitEntries(_ context.Context, tk ticket.Ticket, entries []ticket.Entry) error {
	return s.do("CommitEntries", tk.ID, func() error {
		p := s.partition(tk.ID)
		if !p.exists || p.deleted || tk.Revision != p.ticket.Revision {
			return apperr.New(apperr.Conflict, "")
		}
		for _, e := range entries {
			if err := checkItem(tk.ID, "", e); err != nil {
				return err
			}
			if p.existing(e.Seq) != nil {
				return apperr.New(apperr.Conflict, "")
			}
		}
		for _, e := range entries {
			p.insert(e)
		}
		p.put(tk)
		return nil
	})
}

// SaveProjection implements ticket.Store.
func (s *Store) SaveProjection(_ context.Context, tk ticket.Ticket) error {
	return s.do("SaveProjection", tk.ID, func() error {
		p := s.partition(tk.ID)
		if p.deleted || p.exists != (tk.Revision > 0) || p.exists && tk.Revision != p.ticket.Revision {
			return apperr.New(apperr.Conflict, "")
		}
		p.put(tk)
		return nil
	})
}

// DeleteTicket implements ticket.DeleteStore.
func (s *Store) DeleteTicket(_ context.Context, ticketID string, r audit.Record) error {
	return s.do("DeleteTicket", ticketID, func() error {
		p := s.partition(ticketID)
		if !p.exists || p.deleted {
			return apperr.New(apperr.TicketNotFound, "")
		}
		p.ticket, p.deleted = ticket.Ticket{}, true
		s.audit = append(s.audit, r)
		return nil
	})
}

// TouchTombstone implements ticket.Store.
func (s *Store) TouchTombstone(_ context.Context, ticketID string) error {
	return s.do("TouchTombstone", ticketID, func() error {
		if p := s.partition(ticketID); p.deleted {
			p.touched++
		}
		return nil
	})
}

// TombstoneTouches returns how often the tombstone of a ticket was rewritten.
func (s *Store) TombstoneTouches(ticketID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.partition(ticketID).touched
}

// PurgeTicket deletes the entries, read markers and attachments of a log.
func (s *Store) PurgeTicket(_ context.Context, ticketID string, log ticket.Log) error {
	return s.do("PurgeTicket", ticketID, func() error {
		p := s.partition(ticketID)
		for _, e := range log.Entries {
			if i, found := p.find(e.Seq); found {
				p.entries = slices.Delete(p.entries, i, i+1)
			}
			for _, a := range e.Attachments {
				delete(s.attachments, a.ID)
			}
		}
		for reader := range log.ReadMarkers {
			delete(p.markers, reader)
		}
		return nil
	})
}

// AdvanceReadMarker implements ticket.Store.
func (s *Store) AdvanceReadMarker(_ context.Context, m ticket.ReadMarker) (found bool, err error) {
	err = s.do("AdvanceReadMarker", m.TicketID, func() error {
		p := s.partition(m.TicketID)
		old, exists := p.markers[m.Reader.ID]
		if found = exists && old.Reader.Role == m.Reader.Role; found && old.Seq < m.Seq {
			p.markers[m.Reader.ID] = m
		}
		return nil
	})
	return found, err
}

// CreateReadMarker implements ticket.Store.
func (s *Store) CreateReadMarker(_ context.Context, m ticket.ReadMarker) error {
	return s.do("CreateReadMarker", m.TicketID, func() error {
		if err := checkItem(m.TicketID, m.Reader.ID, m); err != nil {
			return err
		}
		p := s.partition(m.TicketID)
		if old, exists := p.markers[m.Reader.ID]; !exists || old.Seq < m.Seq {
			p.markers[m.Reader.ID] = m
		}
		return nil
	})
}

// ClampReadMarker implements ticket.Store.
func (s *Store) ClampReadMarker(_ context.Context, m ticket.ReadMarker, seen int) error {
	return s.do("ClampReadMarker", m.TicketID, func() error {
		p := s.partition(m.TicketID)
		if old, exists := p.markers[m.Reader.ID]; exists && old.Seq == seen {
			old.Seq = m.Seq
			p.markers[m.Reader.ID] = old
		}
		return nil
	})
}

// ListTickets implements ticket.Store. It does not support Query.Terms.
func (s *Store) ListTickets(_ context.Context, q ticket.Query, cursor map[string]string) (tickets []ticket.Ticket, next map[string]string, err error) {
	err = s.do("ListTickets", "", func() error {
		var all []ticket.Ticket
		for _, p := range s.tickets {
			if p.ticket.ID != "" && q.Matches(p.ticket) {
				all = append(all, cloneTicket(p.ticket))
			}
		}
		slices.SortFunc(all, func(a, b ticket.Ticket) int {
			switch q.Sort {
			case ticket.SortActivity:
				return cmp.Or(b.LastActivityAt.Compare(a.LastActivityAt), strings.Compare(b.ID, a.ID))
			case ticket.SortCreated:
				return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
			case ticket.SortWaiting:
			}
			return cmp.Or(strings.Compare(ticket.QueueSortKey(a), ticket.QueueSortKey(b)), strings.Compare(a.ID, b.ID))
		})
		tickets, next, err = page("tickets "+string(q.Sort), all, func(tk ticket.Ticket) string { return tk.ID }, q.Limit, cursor)
		return err
	})
	return tickets, next, err
}
