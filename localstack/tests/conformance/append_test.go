package conformance

import (
	"strings"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/ticket"
)

// TestAppend_SequenceConflict checks that a second write of a sequence number returns
// the existing entry.
func TestAppend_SequenceConflict(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		ticketID, all := createLog(t, db, 2, customer("Sara"))
		late := newEntry(ticketID, 2, agent("Ali"))
		existing, err := db.open().AppendEntry(t.Context(), late)
		if err != nil || existing == nil {
			t.Fatalf("append: got %+v, %v", existing, err)
		}
		equal(t, "existing entry", *existing, all[1])
		existing, err = db.open().AppendEntryWithAttachments(t.Context(), late, nil)
		if err != nil || existing == nil {
			t.Fatalf("append with attachments: got %+v, %v", existing, err)
		}
		equal(t, "existing entry", *existing, all[1])
		equal(t, "the log", readLog(t, db, ticketID).Entries, all)
		again := ticket.Fold(ticket.Ticket{}, all[:1])
		if exists, err := db.open().CreateTicket(t.Context(), again, all[0], nil); err != nil || !exists {
			t.Errorf("create again: got exists %v, %v", exists, err)
		}
	})
}

// TestAppend_OwnWriteAndDuplicate checks that a retry recognizes its own write after a lost
// response, and that an equal entry of another call gets the existing entry.
func TestAppend_OwnWriteAndDuplicate(t *testing.T) {
	for name, write := range map[string]func(*dynamo.Store, ticket.Entry) (*ticket.Entry, error){
		"Append": func(store *dynamo.Store, e ticket.Entry) (*ticket.Entry, error) {
			return store.AppendEntry(t.Context(), e)
		},
		"AppendWithAttachments": func(store *dynamo.Store, e ticket.Entry) (*ticket.Entry, error) {
			return store.AppendEntryWithAttachments(t.Context(), e, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			ticketID, _ := createLog(t, onDynamo, 1, customer("Sara"))
			e := newEntry(ticketID, 2, agent("Ali"))
			store, _ := newLossyStore(func(n int, _ string) bool { return n == 0 })
			if existing, err := write(store, e); err != nil || existing != nil {
				t.Fatalf("own write after a lost response: got %+v, %v, want nil", existing, err)
			}
			existing, err := write(openStore(), e)
			if err != nil || existing == nil {
				t.Fatalf("equal entry of another call: got %+v, %v, want the first one", existing, err)
			}
			equal(t, "existing entry", *existing, e)
		})
	}
}

// TestStore_ItemLimits checks that items over 400 KB and partition keys over 2,048
// bytes are rejected.
func TestStore_ItemLimits(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		ticketID, _ := createLog(t, db, 1, customer("Sara"))
		e := newEntry(ticketID, 2, agent("Ali"))
		e.Body = strings.Repeat("x", 400<<10)
		if _, err := db.open().AppendEntry(t.Context(), e); err == nil {
			t.Error("an entry over 400 KB: no error")
		}
		if entries := readLog(t, db, ticketID).Entries; len(entries) != 1 {
			t.Errorf("got %d entries, want 1", len(entries))
		}
		long := newEntry(strings.Repeat("x", 2048), 1, agent("Ali"))
		if _, err := db.open().AppendEntry(t.Context(), long); err == nil {
			t.Error("a key over 2,048 bytes: no error")
		}
	})
}

// TestCommitEntries_Atomic checks that entries and ticket are written together or not
// at all.
func TestCommitEntries_Atomic(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		actor := agent("Ali")
		for _, c := range []struct {
			name     string
			revision int // revision on which the new ticket is based
			first    int // seq of the first entry
			ok       bool
		}{{"on top", 1, 3, true}, {"a sequence number is taken", 1, 2, false}, {"the ticket has changed", 0, 3, false}, {"a future revision", 2, 3, false}} {
			t.Run(c.name, func(t *testing.T) {
				ticketID, all := createLog(t, db, 2, actor)
				added := []ticket.Entry{newEntry(ticketID, c.first, actor), newEntry(ticketID, c.first+1, actor)}
				tk := ticket.Fold(ticket.Ticket{}, append(all[:2:2], added...))
				tk.Revision = c.revision
				err := db.open().CommitEntries(t.Context(), tk, added)
				got := readLog(t, db, ticketID)
				if !c.ok {
					wantCode(t, "commit", err, apperr.Conflict)
					equal(t, "the log", got.Entries, all)
					equalTicket(t, got.Ticket, ticket.Fold(ticket.Ticket{}, all[:1]))
					return
				}
				must(t, err)
				equal(t, "the log", got.Entries, append(all, added...))
				equalTicket(t, got.Ticket, tk)
				wantCode(t, "the same commit again", db.open().CommitEntries(t.Context(), tk, added), apperr.Conflict)
			})
		}
	})
}

func TestSaveProjection_Conflict(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		ticketID, all := createLog(t, db, 3, customer("Sara"))
		tk := ticket.Fold(ticket.Ticket{}, all)
		tk.Revision = 1
		must(t, db.open().SaveProjection(t.Context(), tk))
		wantCode(t, "an old revision", db.open().SaveProjection(t.Context(), tk), apperr.Conflict)
		tk.Revision = 2
		must(t, db.open().SaveProjection(t.Context(), tk))
		if got := readLog(t, db, ticketID).Ticket; got.Revision != 3 || got.LastSeq != 3 {
			t.Errorf("got revision %d, last %d, want 3 and 3", got.Revision, got.LastSeq)
		}
	})
}
