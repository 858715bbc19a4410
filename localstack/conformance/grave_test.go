package conformance

import (
	"context"
	"sync/atomic"
	"testing"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
)

// shredder counts the files whose bytes are deleted.
type shredder struct{ n atomic.Int32 }

func (s *shredder) Delete(context.Context, string) error { s.n.Add(1); return nil }

// TestDeletedTicketIsErased: it is gone with one write, its log and files go
// behind that, and what slips in later goes too. Nothing brings it back.
func TestDeletedTicketIsErased(t *testing.T) {
	t.Parallel()
	store, bytes := open(), &shredder{}
	desk, shelf := newDesk(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	file := newFile(t, sara)
	draft := ticket.Draft{ClientID: newID(), Title: "T", Description: "D", CategoryID: shelf, AttachmentIDs: []string{file.ID}}
	h, _, err := desk.Create(t.Context(), sara, draft)
	must(t, err)
	for range 60 {
		say(t, desk, ali, h.ID, "again")
	}
	must(t, desk.Read(t.Context(), sara, h.ID, 3))
	bin, erase := &ticket.Bin{Store: store, Pen: pen}, stream.Erase(store, bytes)
	must(t, bin.Remove(t.Context(), boss, h.ID))
	refused(t, "to delete it twice", bin.Remove(t.Context(), boss, h.ID), fault.TicketNotFound)
	gone := func() {
		t.Helper()
		_, err := desk.Post(t.Context(), ali, ticket.Message{TicketID: h.ID, ClientID: newID(), Body: "late"})
		refused(t, "a message", err, fault.TicketNotFound)
		_, _, err = desk.Create(t.Context(), sara, draft)
		refused(t, "the repeat of its opening", err, fault.TicketDeleted)
	}
	gone()
	for range 2 { // the stream may tell it twice
		must(t, erase(t.Context(), table.Change{Gone: h.ID}))
		if n := rowsOf(t, "T#"+h.ID); n != 1 {
			t.Fatalf("got %d items, want the tombstone alone", n)
		}
	}
	gone()
	if n := bytes.n.Load(); n != 1 {
		t.Errorf("%d files deleted, want 1", n)
	}
	_, err = store.Attachment(t.Context(), file.ID)
	refused(t, "its file", err, fault.AttachmentNotFound)

	// An entry that was on its way when the tombstone was put.
	if _, err := store.Append(t.Context(), entryAt(h.ID, 62, ali)); err != nil {
		t.Fatal(err)
	}
	gone()
	must(t, desk.Project(t.Context(), h.ID, 62)) // has the tombstone told again
	must(t, erase(t.Context(), table.Change{Gone: h.ID}))
	if n := rowsOf(t, "T#"+h.ID); n != 1 {
		t.Errorf("got %d items, want the tombstone alone", n)
	}
}

// TestDeletionWinsARace against those who work on the ticket meanwhile.
func TestDeletionWinsARace(t *testing.T) {
	t.Parallel()
	store := open()
	desk, shelf := newDesk(t, store)
	sara, ali := customer("Sara"), agent("Ali")
	id := openTicket(t, desk, shelf, sara)
	kinds := atOnce(13, func(i int) error {
		var err error
		switch i % 4 {
		case 0:
			if i > 0 {
				return desk.Project(t.Context(), id, 1)
			}
			return (&ticket.Bin{Store: store, Pen: pen}).Remove(t.Context(), boss, id)
		case 1:
			_, err = desk.Post(t.Context(), sara, ticket.Message{TicketID: id, ClientID: newID(), Body: "hello"})
		case 2:
			_, err = desk.Close(t.Context(), ali, id, newID())
		default:
			err = desk.Read(t.Context(), sara, id, 1)
		}
		return err
	})
	for kind := range kinds {
		switch kind {
		case "", fault.TicketNotFound, fault.TicketClosed, fault.Conflict:
		default:
			t.Errorf("got %v", kinds)
		}
	}
	if log := wholeLog(t, id); !log.Gone {
		t.Errorf("the ticket is back: %+v", log.Head)
	}
	must(t, stream.Erase(store, &shredder{})(t.Context(), table.Change{Gone: id}))
	if n := rowsOf(t, "T#"+id); n != 1 {
		t.Errorf("got %d items, want the tombstone alone", n)
	}
}
