package memstore

import (
	"context"
	"time"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// SeedTicket stores a ticket of a customer with one entry per kind, by the agent and the customer
// in turn, a minute after each other. Notes are by the agent. It adds the missing entries to an
// existing ticket.
func (s *Store) SeedTicket(ticketID string, customer, agent user.Principal, in ticket.Category, kinds ...ticket.Kind) error {
	state := ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityMedium, CategoryID: in.ID}
	var entries []ticket.Entry
	for i, kind := range append([]ticket.Kind{ticket.KindOpened}, kinds...) {
		actor := []user.Principal{customer, agent}[i%2]
		if kind == ticket.KindNote {
			actor = agent
		}
		entries = append(entries, ticket.Entry{
			TicketID: ticketID, Seq: i + 1, Kind: kind, Author: ticket.Author{ID: actor.UserID, Name: actor.Name, Role: actor.Role},
			Body: "text", State: state, CreatedAt: time.Date(2026, 3, 21, 11, i, 0, 0, time.UTC),
		})
	}
	entries[0].Opening = &ticket.Opening{Title: "Help", Category: in}
	if _, err := s.CreateTicket(context.Background(), ticket.Fold(ticket.Ticket{}, entries), entries[0], nil); err != nil {
		return err
	}
	return s.SeedEntries(entries[1:]...)
}

// SeedEntries appends entries to logs.
func (s *Store) SeedEntries(entries ...ticket.Entry) error {
	for _, e := range entries {
		if _, err := s.AppendEntry(context.Background(), e); err != nil {
			return err
		}
	}
	return nil
}
