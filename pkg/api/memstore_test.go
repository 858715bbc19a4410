package api_test

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var errStoreDown = errors.New("secret: table at 10.0.0.7 unreachable")

// memStore is the in-memory store of the tests. It records the ticket queries.
type memStore struct {
	*memstore.Store

	down    bool           // all operations fail
	queries []ticket.Query // arguments of ListTickets
	cursor  map[string]string
}

// newMemStore returns a store with four categories and the agents Ali and Mina.
func newMemStore(now func() time.Time) *memStore {
	s := &memStore{Store: memstore.New(now)}
	for _, c := range []category.Category{
		{ID: billingID, Names: map[string]string{"en": "Billing", "fa": "مالی"}, Active: true, Order: 1},
		{ID: "B", Names: map[string]string{"en": "Technical"}, Active: true, Order: 2},
		{ID: "C", Names: map[string]string{"en": "Gone"}, Order: 3},
		{ID: "D", Names: map[string]string{"en": "Other"}, Active: true, Order: 4},
	} {
		must(s.SaveCategory(context.Background(), c))
	}
	for _, id := range []string{aliID, minaID} {
		must(s.PutAccount(context.Background(), account.Login{Phone: id, User: user.User{ID: id, Phone: id, Name: "Agent", Role: user.RoleSupport}}))
	}
	s.Before = func(string, string) error { return s.Ping(context.Background()) }
	return s
}

// must panics if the preparation of a test fails.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Ping implements api.Pinger.
func (s *memStore) Ping(context.Context) error {
	if s.down {
		return errStoreDown
	}
	return nil
}

// addTicket stores a ticket of Sara with one entry per kind, by Ali and Sara in turn. Notes are
// by Ali. It adds the missing entries to an existing ticket.
func (s *memStore) addTicket(ticketID string, kinds ...ticket.Kind) {
	state := ticket.State{Status: ticket.StatusOpen, Priority: ticket.PriorityMedium, CategoryID: billingID}
	var entries []ticket.Entry
	for i, kind := range append([]ticket.Kind{ticket.KindOpened}, kinds...) {
		actor := []user.Principal{sara, ali}[i%2]
		if kind == ticket.KindNote {
			actor = ali
		}
		entries = append(entries, ticket.Entry{
			TicketID: ticketID, Seq: i + 1, Kind: kind, Author: ticket.Author{ID: actor.UserID, Name: actor.Name, Role: actor.Role},
			Body: "text", State: state, CreatedAt: time.Date(2026, 3, 21, 11, i, 0, 0, time.UTC),
		})
	}
	entries[0].Opening = &ticket.Opening{Title: "Help", Category: ticket.Category{ID: billingID, Names: map[string]string{"en": "Billing", "fa": "مالی"}}}
	_, err := s.CreateTicket(context.Background(), ticket.Fold(ticket.Ticket{}, entries), entries[0], nil)
	must(err)
	s.appendEntries(entries[1:]...)
}

// appendEntries appends entries to logs.
func (s *memStore) appendEntries(entries ...ticket.Entry) {
	for _, e := range entries {
		_, err := s.AppendEntry(context.Background(), e)
		must(err)
	}
}

// ticketLog returns the log of a ticket.
func (s *memStore) ticketLog(ticketID string) ticket.Log {
	log, err := s.ReadLogFrom(context.Background(), ticketID, 1)
	must(err)
	return log
}

// ListTickets implements ticket.Store. It records its arguments.
func (s *memStore) ListTickets(ctx context.Context, q ticket.Query, cursor map[string]string) ([]ticket.Ticket, map[string]string, error) {
	s.queries, s.cursor = append(s.queries, q), cursor
	return s.Store.ListTickets(ctx, q, cursor)
}
