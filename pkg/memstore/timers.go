package memstore

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/ticket"
)

type timer struct {
	due time.Time
	seq int
}

// SetTimer implements ticket.TimerStore.
func (s *Store) SetTimer(_ context.Context, t ticket.Timer, seq int) error {
	return s.do("SetTimer", t.TicketID, func() error {
		if old, exists := s.timers[t.TicketID]; !exists || old.seq < seq {
			s.timers[t.TicketID] = timer{t.Due, seq}
		}
		return nil
	})
}

// DeleteTimer implements ticket.TimerStore.
func (s *Store) DeleteTimer(_ context.Context, ticketID string, seq int) error {
	return s.do("DeleteTimer", ticketID, func() error {
		if old, exists := s.timers[ticketID]; exists && old.seq <= seq {
			delete(s.timers, ticketID)
		}
		return nil
	})
}

// DueTimers implements ticket.TimerStore.
func (s *Store) DueTimers(_ context.Context, now time.Time, n int) (due []ticket.Timer, err error) {
	err = s.do("DueTimers", "", func() error {
		for ticketID, t := range s.timers {
			if !t.due.After(now) {
				due = append(due, ticket.Timer{TicketID: ticketID, Due: t.due})
			}
		}
		slices.SortFunc(due, func(a, b ticket.Timer) int {
			return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.TicketID, b.TicketID))
		})
		due = due[:min(n, len(due))]
		return nil
	})
	return due, err
}

// RescheduleTimer implements ticket.TimerStore.
func (s *Store) RescheduleTimer(_ context.Context, t ticket.Timer, to time.Time) error {
	return s.do("RescheduleTimer", t.TicketID, func() error {
		old, exists := s.timers[t.TicketID]
		switch {
		case !exists || !old.due.Equal(t.Due):
		case to.IsZero():
			delete(s.timers, t.TicketID)
		default:
			s.timers[t.TicketID] = timer{to, old.seq}
		}
		return nil
	})
}
