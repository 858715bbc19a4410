package memstore

import (
	"cmp"
	"context"
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

	unchanged  map[[2]string]bool // changes that had nothing to do, by user and client id
	clockAhead map[string]time.Time
	touched    int
}

type storedAttachment struct {
	attachment.Attachment
	expires time.Time // zero if it is retained
}

func (s *Store) partition(ticketID string) *ticketPartition {
	p, found := s.tickets[ticketID]
	if !found {
		p = &ticketPartition{markers: map[string]ticket.ReadMarker{}, unchanged: map[[2]string]bool{}, clockAhead: map[string]time.Time{}}
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

// RecordUnchanged implements ticket.Store.
func (s *Store) RecordUnchanged(_ context.Context, u ticket.Unchanged, clientID string) error {
	return s.do("RecordUnchanged", u.TicketID, func() error {
		p := s.partition(u.TicketID)
		if u.ClockAhead.After(p.clockAhead[u.UserID]) {
			p.clockAhead[u.UserID] = u.ClockAhead
		}
		p.unchanged[[2]string{u.UserID, clientID}] = true
		return nil
	})
}

// WasUnchanged implements ticket.Store.
func (s *Store) WasUnchanged(_ context.Context, ticketID, userID, clientID string) (found bool, err error) {
	err = s.do("WasUnchanged", ticketID, func() error {
		found = s.partition(ticketID).unchanged[[2]string{userID, clientID}]
		return nil
	})
	return found, err
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
func (s *Store) DeleteTicket(_ context.Context, ticketID string, lastSeq int, r audit.Record) error {
	return s.do("DeleteTicket", ticketID, func() error {
		p := s.partition(ticketID)
		if !p.exists || p.deleted {
			return apperr.New(apperr.TicketNotFound, "")
		}
		if _, found := p.find(lastSeq + 1); found && lastSeq > 0 {
			return apperr.New(apperr.VersionStale, "")
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
