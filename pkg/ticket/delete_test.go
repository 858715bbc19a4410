package ticket_test

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

func TestDelete(t *testing.T) {
	store := storeWith(newLog().message(ali, "hello"), 2)
	deleter := &ticket.Deleter{Store: store, Audit: audit.Recorder{Now: func() time.Time { return minute(9) }, NewID: func() string { return "one" }}}
	by := audit.Actor{ID: "root", Name: "Root", Address: "1.2.3.4"}
	if err := deleter.Delete(context.Background(), by, ticketID); err != nil {
		t.Fatal(err)
	}
	records, _, err := store.raw.AuditRecords(context.Background(), audit.Query{Limit: 10})
	must(err)
	record := records[0]
	by.Name = user.DeletedName // no user has this id
	if record.ID != "one" || record.Actor != by || record.Action != audit.TicketDeleted || record.Target != ticketID || record.Before["customerId"] != "sara" {
		t.Errorf("got the audit record %+v", record)
	}
	for name, id := range map[string]string{"repeated": ticketID, "unknown id": ulidAt(3), "invalid id": "x"} {
		if err := deleter.Delete(context.Background(), by, id); !apperr.Is(err, apperr.TicketNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if records, _, err := store.raw.AuditRecords(context.Background(), audit.Query{Limit: 10}); err != nil || len(records) != 1 {
		t.Errorf("got %d records, %v, want 1", len(records), err)
	}
}

// TestDelete_IfVersion checks that a ticket that has changed is not deleted, also if its stored
// projection lags behind or an entry follows the read.
func TestDelete_IfVersion(t *testing.T) {
	for name, c := range map[string]struct {
		versions []int
		late     bool // an entry is appended before the write
		stale    bool
	}{
		"any": {nil, true, false}, "newest": {[]int{99, 2}, false, false}, "newest, of before": {[]int{2}, true, true}, "stored": {[]int{1}, false, true}, "none": {[]int{}, false, true},
	} {
		log := newLog().message(ali, "hello")
		store := storeWith(log, 1)
		deleter := &ticket.Deleter{Store: store, Audit: audit.Recorder{Now: time.Now, NewID: func() string { return "one" }}}
		if c.late {
			store.beforeWrite = func() { store.add(log.message(sara, "wait")[2]) }
		}
		err := deleter.IfVersion(c.versions).Delete(t.Context(), audit.Actor{ID: "root"}, ticketID)
		if apperr.Is(err, apperr.VersionStale) != c.stale || !c.stale && err != nil {
			t.Errorf("%s: got %v, want stale %v", name, err, c.stale)
		}
		if _, err := store.service(2).Detail(t.Context(), root, ticketID); (err == nil) != c.stale {
			t.Errorf("%s: reading it then: got %v", name, err)
		}
	}
}

// TestDelete_NotFoundEverywhere calls the operations on a deleted ticket, and
// repeats its creation.
func TestDelete_NotFoundEverywhere(t *testing.T) {
	store := newMemStore()
	s := store.service(1)
	params := ticket.CreateParams{ClientID: clientID, Title: "Help", CategoryID: billing.ID}
	tk, _, err := s.Create(context.Background(), sara, params)
	if err != nil {
		t.Fatal(err)
	}
	store.deleteTicket(tk.ID)
	if _, created, err := s.Create(context.Background(), sara, params); created || !apperr.Is(err, apperr.TicketDeleted) {
		t.Errorf("created again: got created %v, %v", created, err)
	}
	if _, err := s.Detail(context.Background(), root, tk.ID); !apperr.Is(err, apperr.TicketNotFound) {
		t.Errorf("detail: got %v", err)
	}
	if _, err := s.Post(context.Background(), sara, ticket.Message{TicketID: tk.ID, ClientID: ulidAt(2)}); !apperr.Is(err, apperr.TicketNotFound) {
		t.Errorf("post: got %v", err)
	}
}

// TestProject_EntryAfterDelete checks that the tombstone is rewritten only if
// entries exist.
func TestProject_EntryAfterDelete(t *testing.T) {
	store := storeWith(newLog(), 1)
	store.deleteTicket(ticketID)
	for _, name := range []string{"deleted", "purged"} {
		err := store.service(2).Project(context.Background(), ticketID, 1)
		if n := store.TombstoneTouches(ticketID); err != nil || n != 1 {
			t.Errorf("%s: got %v, %d tombstone rewrites, want 1", name, err, n)
		}
		store.purge(store.log())
	}
}
