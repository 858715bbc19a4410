package ticket_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// memStore is an in-memory store with the agents and customers of the tests. It counts the
// reads of logs and the writes of the code under test.
type memStore struct {
	*memstore.Store
	raw *memstore.Store // the same data, not counted and without beforeWrite

	mu            sync.Mutex
	reads, writes int

	// beforeWrite runs once before the next write, to simulate a concurrent
	// writer.
	beforeWrite func()
}

func newMemStore() *memStore {
	now := func() time.Time { return minute(0) }
	store := &memStore{Store: memstore.New(now)}
	store.raw = store.WithClock(now)
	store.Before = store.beforeOperation
	for _, agent := range []user.Principal{ali, mina, sara, reza} {
		must(store.raw.PutAccount(context.Background(), account.Login{Phone: agent.UserID, User: user.User{
			ID: agent.UserID, Phone: agent.UserID, Name: agent.Name, Role: agent.Role,
		}}))
	}
	return store
}

// must panics if the preparation of a test fails.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// beforeOperation counts an operation and runs beforeWrite before a write.
func (store *memStore) beforeOperation(operation, _ string) error {
	isRead := slices.Contains([]string{"ReadLogFrom", "ReadLogLatest", "ReadLogPage", "ReadLogRange"}, operation)
	isWrite := slices.Contains([]string{
		"AppendEntry", "AppendEntryWithAttachments", "CreateTicket", "CommitEntries", "SaveProjection", "TouchTombstone",
		"AdvanceReadMarker", "CreateReadMarker", "ClampReadMarker", "DeleteTicket",
	}, operation)
	store.mu.Lock()
	var beforeWrite func()
	switch {
	case isRead:
		store.reads++
	case isWrite:
		store.writes++
		beforeWrite, store.beforeWrite = store.beforeWrite, nil
	}
	store.mu.Unlock()
	if beforeWrite != nil {
		beforeWrite()
	}
	return nil
}

// storeWith returns a store with one ticket, whose projection includes the first n entries.
func storeWith(log logBuilder, n int) *memStore {
	ctx, store := context.Background(), newMemStore()
	tk := ticket.Fold(ticket.Ticket{}, log[:n])
	_, err := store.raw.CreateTicket(ctx, tk, log[0], nil)
	must(err)
	tk.Revision = 1
	must(store.raw.SaveProjection(ctx, tk))
	for _, e := range log[1:] {
		store.add(e)
	}
	return store
}

// add appends an entry to its log.
func (store *memStore) add(e ticket.Entry) {
	_, err := store.raw.AppendEntry(context.Background(), e)
	must(err)
}

// purge deletes entries of the test ticket.
func (store *memStore) purge(entries []ticket.Entry) {
	must(store.raw.PurgeTicket(context.Background(), ticketID, ticket.Log{Entries: entries}))
}

// deleteTicket replaces a ticket by its tombstone.
func (store *memStore) deleteTicket(ticketID string) {
	must(store.raw.DeleteTicket(context.Background(), ticketID, 0, audit.Record{}))
}

// service returns a Service on the store; its time is minute(now).
func (store *memStore) service(now int) *ticket.Service {
	return &ticket.Service{
		Store: store, Attachments: store, Categories: store, Users: store, ReopenWindow: 7 * 24 * time.Hour,
		Now: func() time.Time { return minute(now) },
	}
}

// read returns the whole log of a ticket.
func (store *memStore) read(ticketID string) ticket.Log {
	log, err := store.raw.ReadLogFrom(context.Background(), ticketID, 1)
	must(err)
	return log
}

// log returns the entries of the test ticket.
func (store *memStore) log() []ticket.Entry { return store.read(ticketID).Entries }

// ticket returns the stored test ticket.
func (store *memStore) ticket() ticket.Ticket { return store.read(ticketID).Ticket }

// markers returns the read markers of the test ticket.
func (store *memStore) markers() map[string]int { return store.read(ticketID).ReadMarkers }

// tickets returns all stored tickets.
func (store *memStore) tickets() []ticket.Ticket {
	tickets, _, err := store.raw.ListTickets(context.Background(), ticket.Query{Limit: 100}, nil)
	must(err)
	return tickets
}

// attachment returns a stored attachment.
func (store *memStore) attachment(id string) attachment.Attachment {
	a, err := store.raw.Attachment(context.Background(), id)
	must(err)
	return a
}

// Category implements CategoryStore.
func (store *memStore) Category(_ context.Context, id string) (ticket.Category, error) {
	for _, c := range []ticket.Category{billing, technical} {
		if c.ID == id {
			return c, nil
		}
	}
	return ticket.Category{}, apperr.New(apperr.CategoryNotFound, "")
}
