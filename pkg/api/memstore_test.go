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

// addTicket stores a ticket of Sara with one entry per kind, by Ali and Sara in turn.
func (s *memStore) addTicket(ticketID string, kinds ...ticket.Kind) {
	must(s.SeedTicket(ticketID, sara, ali, ticket.Category{ID: billingID, Names: map[string]string{"en": "Billing", "fa": "مالی"}}, kinds...))
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
