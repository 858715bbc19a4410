package ticket

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
)

// DeleteTicket implements DeleteStore.
func (store *memStore) DeleteTicket(_ context.Context, ticketID string, r audit.Record) error {
	return store.write(func() error {
		rec, found := store.tickets[ticketID]
		if !found || rec.deleted {
			return errNotFound()
		}
		rec.deleted, store.records = true, append(store.records, r)
		return nil
	})
}

func TestDelete(t *testing.T) {
	store := storeWith(newLog().message(ali, "hello"), 2)
	deleter := &Deleter{Store: store, Audit: audit.Recorder{Now: func() time.Time { return minute(9) }, NewID: func() string { return "one" }}}
	by := audit.Actor{ID: "root", Name: "Root", Address: "1.2.3.4"}
	if err := deleter.Delete(context.Background(), by, ticketID); err != nil {
		t.Fatal(err)
	}
	record := store.records[0]
	if record.ID != "one" || record.Actor != by || record.Action != audit.TicketDeleted || record.Target != ticketID || record.Before["customerId"] != "sara" {
		t.Errorf("got the audit record %+v", record)
	}
	for name, id := range map[string]string{"repeated": ticketID, "unknown id": ulidAt(3), "invalid id": "x"} {
		if err := deleter.Delete(context.Background(), by, id); !apperr.Is(err, apperr.TicketNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if len(store.records) != 1 {
		t.Errorf("got %d records, want 1", len(store.records))
	}
}

// TestDelete_NotFoundEverywhere calls the operations on a deleted ticket, and
// repeats its creation.
func TestDelete_NotFoundEverywhere(t *testing.T) {
	store := newMemStore()
	s := store.service(1)
	params := CreateParams{ClientID: clientID, Title: "Help", CategoryID: billing.ID}
	tk, _, err := s.Create(context.Background(), sara, params)
	if err != nil {
		t.Fatal(err)
	}
	store.tickets[tk.ID].deleted = true
	if _, created, err := s.Create(context.Background(), sara, params); created || !apperr.Is(err, apperr.TicketDeleted) {
		t.Errorf("created again: got created %v, %v", created, err)
	}
	if _, err := s.Detail(context.Background(), root, tk.ID); !apperr.Is(err, apperr.TicketNotFound) {
		t.Errorf("detail: got %v", err)
	}
	if _, err := s.Post(context.Background(), sara, Message{TicketID: tk.ID, ClientID: ulidAt(2)}); !apperr.Is(err, apperr.TicketNotFound) {
		t.Errorf("post: got %v", err)
	}
}

// TestProject_EntryAfterDelete checks that the tombstone is rewritten only if
// entries exist.
func TestProject_EntryAfterDelete(t *testing.T) {
	store := storeWith(newLog(), 1)
	rec := store.tickets[ticketID]
	rec.deleted = true
	if err := store.service(2).Project(context.Background(), ticketID, 1); err != nil || rec.touched != 1 {
		t.Errorf("got %v, %d tombstone rewrites, want 1", err, rec.touched)
	}
	rec.entries = nil
	if err := store.service(2).Project(context.Background(), ticketID, 1); err != nil || rec.touched != 1 {
		t.Errorf("purged: got %v, %d tombstone rewrites, want 1", err, rec.touched)
	}
}
