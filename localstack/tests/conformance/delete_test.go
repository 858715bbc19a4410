package conformance

import (
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
)

// TestPurgeTicket checks that one write deletes a ticket for all readers, and that the
// purge handler removes its log and attachments. An entry appended concurrently is
// removed too; nothing restores the ticket.
func TestPurgeTicket(t *testing.T) {
	t.Parallel()
	store := openStore()
	service, categoryID := newTicketService(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	file := newAttachment(t, onDynamo, sara)
	params := ticket.CreateParams{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID, AttachmentIDs: []string{file.ID}}
	tk, _, err := service.Create(t.Context(), sara, params)
	must(t, err)
	for range 60 {
		postMessage(t, service, ali, tk.ID, "again")
	}
	must(t, service.MarkRead(t.Context(), sara, tk.ID, 3))
	deleter, purge := &ticket.Deleter{Store: store, Audit: recorder}, stream.PurgeDeleted(store)
	must(t, deleter.Delete(t.Context(), adminActor, tk.ID))
	wantCode(t, "delete twice", deleter.Delete(t.Context(), adminActor, tk.ID), apperr.TicketNotFound)
	wantDeleted := func() {
		t.Helper()
		_, err := service.Post(t.Context(), ali, ticket.Message{TicketID: tk.ID, ClientID: newID(), Body: "late"})
		wantCode(t, "post", err, apperr.TicketNotFound)
		_, _, err = service.Create(t.Context(), sara, params)
		wantCode(t, "repeated create", err, apperr.TicketDeleted)
	}
	wantDeleted()
	for range 2 { // the stream may repeat a record
		must(t, purge(t.Context(), event.TicketDeleted{TicketID: tk.ID}))
		if n := countItems(t, "T#"+tk.ID); n != 1 {
			t.Fatalf("got %d items, want only the tombstone", n)
		}
	}
	wantDeleted()
	_, err = store.Attachment(t.Context(), file.ID)
	wantCode(t, "its attachment", err, apperr.AttachmentNotFound)

	// An entry that was appended concurrently with the delete.
	if _, err := store.AppendEntry(t.Context(), newEntry(tk.ID, 62, ali)); err != nil {
		t.Fatal(err)
	}
	wantDeleted()
	must(t, service.Project(t.Context(), tk.ID, 62)) // rewrites the tombstone, which triggers the purge handler again
	must(t, purge(t.Context(), event.TicketDeleted{TicketID: tk.ID}))
	if n := countItems(t, "T#"+tk.ID); n != 1 {
		t.Errorf("got %d items, want only the tombstone", n)
	}
}

// TestDelete_ConcurrentPost deletes a ticket while others write to it. The delete wins.
func TestDelete_ConcurrentPost(t *testing.T) {
	t.Parallel()
	store := openStore()
	service, categoryID := newTicketService(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	id := openTicket(t, service, categoryID, sara)
	byCode := concurrently(13, func(i int) error {
		var err error
		switch i % 4 {
		case 0:
			if i > 0 {
				return service.Project(t.Context(), id, 1)
			}
			return (&ticket.Deleter{Store: store, Audit: recorder}).Delete(t.Context(), adminActor, id)
		case 1:
			_, err = service.Post(t.Context(), sara, ticket.Message{TicketID: id, ClientID: newID(), Body: "hello"})
		case 2:
			_, err = service.Close(t.Context(), ali, id, newID())
		default:
			err = service.MarkRead(t.Context(), sara, id, 1)
		}
		return err
	})
	for code := range byCode {
		switch code {
		case "", apperr.TicketNotFound, apperr.TicketClosed, apperr.Conflict:
		default:
			t.Errorf("got %v", byCode)
		}
	}
	if log := readLog(t, onDynamo, id); !log.Deleted {
		t.Errorf("the ticket exists again: %+v", log.Ticket)
	}
	must(t, stream.PurgeDeleted(store)(t.Context(), event.TicketDeleted{TicketID: id}))
	if n := countItems(t, "T#"+id); n != 1 {
		t.Errorf("got %d items, want only the tombstone", n)
	}
}
