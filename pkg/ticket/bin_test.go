package ticket

import (
	"context"
	"testing"
	"time"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/fault"
)

// Remove implements BinStore.
func (s *shelf) Remove(_ context.Context, ticketID string, r audit.Record) error {
	return s.write(func() error {
		b, found := s.tickets[ticketID]
		if !found || b.gone {
			return notFound()
		}
		b.gone, s.deeds = true, append(s.deeds, r)
		return nil
	})
}

func TestRemove(t *testing.T) {
	s := holding(opening().says(ali, "hello"), 2)
	bin := &Bin{Store: s, Pen: audit.Pen{Now: func() time.Time { return minute(9) }, NewID: func() string { return "one" }}}
	by := audit.Actor{ID: "root", Name: "Root", Address: "1.2.3.4"}
	if err := bin.Remove(context.Background(), by, ticketID); err != nil {
		t.Fatal(err)
	}
	deed := s.deeds[0]
	if deed.ID != "one" || deed.Actor != by || deed.Action != audit.TicketRemoved || deed.Target != ticketID || deed.Before["customerId"] != "sara" {
		t.Errorf("got the record %+v", deed)
	}
	for name, id := range map[string]string{"again": ticketID, "nobody's": ulidOf(3), "no id": "x"} {
		if err := bin.Remove(context.Background(), by, id); !fault.Is(err, fault.TicketNotFound) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if len(s.deeds) != 1 {
		t.Errorf("got %d records, want 1", len(s.deeds))
	}
}

// TestDeletedIsGone: for everybody and every call, also for the repeat of its
// opening.
func TestDeletedIsGone(t *testing.T) {
	s := newShelf()
	d := s.desk(1)
	draft := Draft{ClientID: clientID, Title: "Help", CategoryID: billing.ID}
	h, _, err := d.Create(context.Background(), sara, draft)
	if err != nil {
		t.Fatal(err)
	}
	s.tickets[h.ID].gone = true
	if _, created, err := d.Create(context.Background(), sara, draft); created || !fault.Is(err, fault.TicketDeleted) {
		t.Errorf("opened again: got created %v, %v", created, err)
	}
	if _, err := d.Detail(context.Background(), root, h.ID); !fault.Is(err, fault.TicketNotFound) {
		t.Errorf("detail: got %v", err)
	}
	if _, err := d.Post(context.Background(), sara, Message{TicketID: h.ID, ClientID: ulidOf(2)}); !fault.Is(err, fault.TicketNotFound) {
		t.Errorf("post: got %v", err)
	}
}

// TestWhatSlipsInIsBuried: an entry behind the tombstone lets the ticket be
// erased once more; without one, there is nothing to do.
func TestWhatSlipsInIsBuried(t *testing.T) {
	s := holding(opening(), 1)
	b := s.tickets[ticketID]
	b.gone = true
	if err := s.desk(2).Project(context.Background(), ticketID, 1); err != nil || b.buried != 1 {
		t.Errorf("got %v, buried %d times, want once", err, b.buried)
	}
	b.entries = nil
	if err := s.desk(2).Project(context.Background(), ticketID, 1); err != nil || b.buried != 1 {
		t.Errorf("erased: got %v, buried %d times", err, b.buried)
	}
}
