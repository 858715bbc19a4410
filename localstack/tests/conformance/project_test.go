package conformance

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// runRandomActivity runs random operations on a ticket, reproducibly, and returns the
// sequence numbers that the stream would pass to the projection.
func runRandomActivity(t *testing.T, rng *rand.Rand, service *ticket.Service, ticketID string, sara user.Principal, steps int) (hints []int) {
	t.Helper()
	ali, mina := agent("Ali"), agent("Mina")
	for range steps {
		actor := []user.Principal{sara, ali, mina}[rng.IntN(3)]
		switch step := rng.IntN(8); {
		case step < 3:
			hints = append(hints, postMessage(t, service, actor, ticketID, "hello").Seq)
		case step == 3:
			posted, err := service.Post(t.Context(), ali, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "note", Internal: true})
			must(t, err)
			hints = append(hints, posted.Entry.Seq)
		case step == 4:
			must(t, service.MarkRead(t.Context(), actor, ticketID, 1+rng.IntN(len(readLog(t, onDynamo, ticketID).Entries))))
			hints = append(hints, 0)
		case step == 5:
			to := []ticket.Status{ticket.StatusPending, ticket.StatusResolved, ticket.StatusClosed, ticket.StatusOpen}[rng.IntN(4)]
			changed, err := service.SetStatus(t.Context(), ali, ticketID, newID(), to)
			if err == nil { // not every status change is allowed from closed
				hints = append(hints, changed.Ticket.LastSeq)
			}
		case step == 6:
			changed, err := service.Claim(t.Context(), ali, ticketID, newID())
			if len(hints)%2 > 0 {
				changed, err = service.Assign(t.Context(), mina, ticketID, newID(), "")
			}
			must(t, err)
			hints = append(hints, changed.Ticket.LastSeq)
		default:
			title := fmt.Sprint("Title ", rng.IntN(3))
			changed, err := service.Update(t.Context(), ali, ticketID, ticket.Patch{Title: &title})
			must(t, err)
			hints = append(hints, changed.Ticket.LastSeq)
		}
	}
	return hints
}

// TestStream_UnreliableHints passes hints to the projection repeated, reordered, partly
// lost and concurrently. After a last hint the stored ticket must equal the fold of the
// log.
func TestStream_UnreliableHints(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		sara := customer("Sara")
		service, categoryID := newTicketService(t, openStore())
		ticketID := openTicket(t, service, categoryID, sara)
		hints := runRandomActivity(t, rng, service, ticketID, sara, 20)
		var delivered []int
		for _, seq := range hints {
			for range rng.IntN(3) { // lost, once, twice
				delivered = append(delivered, seq)
			}
		}
		rng.Shuffle(len(delivered), func(i, j int) { delivered[i], delivered[j] = delivered[j], delivered[i] })
		var wg sync.WaitGroup
		for worker := range 2 {
			wg.Go(func() {
				for _, seq := range delivered[worker*len(delivered)/2 : (worker+1)*len(delivered)/2] {
					if err := service.Project(t.Context(), ticketID, seq); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		must(t, service.Project(t.Context(), ticketID, 0))
		must(t, service.Project(t.Context(), ticketID, len(readLog(t, onDynamo, ticketID).Entries)))
		checkProjection(t, onDynamo, ticketID)
		before := readLog(t, onDynamo, ticketID).Ticket.Revision
		must(t, service.Project(t.Context(), ticketID, 1)) // up to date: no write
		if after := readLog(t, onDynamo, ticketID).Ticket.Revision; after != before {
			t.Errorf("a repeated hint wrote the ticket: revision %d, then %d", before, after)
		}
	}
}

// TestUnread_FollowsReadMarkers checks the unread count in the ticket detail
// immediately, and in lists after the projection.
func TestUnread_FollowsReadMarkers(t *testing.T) {
	sara, ali := customer("Sara"), agent("Ali")
	service, categoryID := newTicketService(t, openStore())
	ticketID := openTicket(t, service, categoryID, sara)
	for i := range 3 {
		postMessage(t, service, ali, ticketID, fmt.Sprint("reply ", i))
	}
	mine := ticket.Query{CustomerID: sara.UserID, Sort: ticket.SortActivity, Limit: 5}
	for _, c := range []struct{ read, unread int }{{0, 3}, {2, 2}, {1, 2}, {4, 0}, {9_999, 0}, {3, 0}} {
		if c.read > 0 {
			must(t, service.MarkRead(t.Context(), sara, ticketID, c.read))
		}
		must(t, service.Project(t.Context(), ticketID, 0))
		detail, err := service.Detail(t.Context(), sara, ticketID)
		must(t, err)
		tickets, _, err := openStore().ListTickets(t.Context(), mine, nil)
		if err != nil || len(tickets) != 1 {
			t.Fatalf("got %d tickets, %v", len(tickets), err)
		}
		if got, listed := detail.Ticket.UnreadFor(sara), tickets[0].UnreadFor(sara); got != c.unread || listed != c.unread {
			t.Errorf("read to %d: got %d unread in the detail, %d in the list, want %d", c.read, got, listed, c.unread)
		}
	}
	// A marker beyond the log was clamped, so a new entry is unread.
	postMessage(t, service, ali, ticketID, "one more")
	must(t, service.Project(t.Context(), ticketID, 5))
	if detail, err := service.Detail(t.Context(), sara, ticketID); err != nil || detail.Ticket.UnreadFor(sara) != 1 {
		t.Errorf("got %d unread, %v, want 1", detail.Ticket.UnreadFor(sara), err)
	}
	checkProjection(t, onDynamo, ticketID)
}

// TestPost_ReopenWindowPassed checks that a message after the reopen window is rejected
// and writes nothing, also with a stale projection.
func TestPost_ReopenWindowPassed(t *testing.T) {
	sara := customer("Sara")
	service, categoryID := newTicketService(t, openStore())
	ticketID := openTicket(t, service, categoryID, sara)
	_, err := service.Close(t.Context(), sara, ticketID, newID())
	must(t, err)
	now := service.Now
	service.Now = func() time.Time { return now().Add(service.ReopenWindow + time.Minute) }
	for _, after := range []int{0, 1, 2} {
		_, err := service.Post(t.Context(), sara, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "hello?", After: after})
		wantCode(t, fmt.Sprint("after ", after), err, "ticket_closed")
	}
	if log := readLog(t, onDynamo, ticketID); len(log.Entries) != 2 {
		t.Errorf("got %d entries, want 2", len(log.Entries))
	}
}
