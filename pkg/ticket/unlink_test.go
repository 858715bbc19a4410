package ticket_test

import (
	"reflect"
	"testing"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// TestUnlink checks that a deleted ticket is removed from both kinds of links by one entry that the
// customer sees, however often it is repeated.
func TestUnlink(t *testing.T) {
	store, params := closedStore(), createParams()
	params.FollowUpOf = ticketID
	tk, _, err := store.service(9).Create(t.Context(), sara, params)
	must(err)
	for _, c := range []struct{ id, deleted, field string }{
		{ticketID, tk.ID, "followUp"}, {tk.ID, ticketID, "followUpOf"},
	} {
		before := store.read(c.id).Entries
		for range 2 {
			must(store.service(10).Unlink(t.Context(), c.id, clientID)) // no link to this one
			must(store.service(10).Unlink(t.Context(), c.id, c.deleted))
		}
		log := store.read(c.id)
		last := log.Entries[len(log.Entries)-1]
		want := ticket.Entry{
			TicketID: c.id, Seq: len(before) + 1, Kind: ticket.KindUnlinked, Author: authorOf(ticket.SystemPrincipal()), CreatedAt: minute(10),
			Change: &ticket.Change{Field: c.field, From: c.deleted}, State: before[len(before)-1].State,
		}
		if !reflect.DeepEqual(last, want) || !last.VisibleTo(user.RoleUser) {
			t.Errorf("got %+v\nwant %+v", last, want)
		}
		for name, tk := range map[string]ticket.Ticket{"stored": log.Ticket, "folded": ticket.Fold(ticket.Ticket{}, log.Entries)} {
			if tk.FollowUpOf != "" || len(tk.FollowUps) != 0 || tk.PublicSeq != last.Seq {
				t.Errorf("%s: got %+v", name, tk)
			}
		}
	}
	must(store.service(11).Unlink(t.Context(), ulidAt(3), tk.ID)) // no such ticket
}
