package conformance

import (
	"fmt"
	"testing"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

func TestReadMarkers(t *testing.T) {
	forEachBackend(t, func(t *testing.T, db backend) {
		ticketID, _ := createLog(t, db, 1, customer("Sara"))
		reader := ticket.Author{ID: newID(), Name: "Ali", Role: user.RoleSupport}
		for i, c := range []struct {
			add  bool
			seq  int
			has  bool // AdvanceReadMarker found a marker
			want int
		}{
			{false, 3, false, 0}, {true, 2, false, 2}, {true, 1, false, 2}, {true, 4, false, 4},
			{false, 3, true, 4}, {false, 4, true, 4}, {false, 7, true, 7},
		} {
			marker := ticket.ReadMarker{TicketID: ticketID, Reader: reader, Seq: c.seq}
			if c.add {
				must(t, db.open().CreateReadMarker(t.Context(), marker))
			} else if has, err := db.open().AdvanceReadMarker(t.Context(), marker); err != nil || has != c.has {
				t.Errorf("%d: got %v, %v, want %v", i, has, err, c.has)
			}
			if got := readLog(t, db, ticketID).ReadMarkers[reader.ID]; got != c.want {
				t.Errorf("%d: the marker is at %d, want %d", i, got, c.want)
			}
		}
	})
}

// TestReadMarker_ForeignTicket checks that a former agent cannot move their read marker
// of another user's ticket.
func TestReadMarker_ForeignTicket(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		service, categoryID := newTicketService(t, db.open())
		sara, ali := customer("Sara"), agent("Ali")
		ticketID := openTicket(t, service, categoryID, sara)
		must(t, service.MarkRead(t.Context(), ali, ticketID, 1))
		postMessage(t, service, sara, ticketID, "Hello?")
		postMessage(t, service, sara, ticketID, "Hello!")
		must(t, service.MarkRead(t.Context(), ali, ticketID, 2))
		ali.Role = user.RoleUser
		for _, seq := range []int{1, 2, 3} {
			wantCode(t, fmt.Sprint("read to ", seq), service.MarkRead(t.Context(), ali, ticketID, seq), apperr.TicketNotFound)
		}
		if got := readLog(t, db, ticketID).ReadMarkers[ali.UserID]; got != 2 {
			t.Errorf("the marker is at %d, want 2", got)
		}
		ali.Role = user.RoleAdmin
		must(t, service.MarkRead(t.Context(), ali, ticketID, 3))
		if got := readLog(t, db, ticketID).ReadMarkers[ali.UserID]; got != 3 {
			t.Errorf("the marker is at %d, want 3", got)
		}
	})
}
