package conformance

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// concurrently calls run n times at the same moment and counts the error codes; "" is
// success.
func concurrently(n int, run func(i int) error) map[apperr.Code]int {
	results := make(chan error, n)
	start := make(chan struct{})
	for i := range n {
		go func() {
			<-start
			results <- run(i)
		}()
	}
	close(start)
	byCode := map[apperr.Code]int{}
	for range n {
		code := apperr.Code("")
		if err := <-results; err != nil {
			code = apperr.From(err).Code
		}
		byCode[code]++
	}
	return byCode
}

// TestPost_ConcurrentWriters posts 200 messages, each twice, to one ticket while the
// projection runs.
func TestPost_ConcurrentWriters(t *testing.T) {
	t.Parallel()
	forEachBackend(t, func(t *testing.T, db backend) {
		const writers, each = 8, 25
		sara := customer("Sara")
		service, categoryID := newTicketService(t, db.open())
		ticketID := openTicket(t, service, categoryID, sara)
		hint, stop := projectConcurrently(t, db, service, ticketID)
		var wg sync.WaitGroup
		for w := range writers {
			actor := sara
			if w > 0 {
				actor = agent(fmt.Sprint("Agent ", w))
			}
			wg.Go(func() {
				after := 1
				for range each {
					m := ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "hello", After: after}
					after = postTwice(t, service, actor, m)
					hint(after)
				}
			})
		}
		wg.Wait()
		stop()
		log := readLog(t, db, ticketID)
		checkLog(t, log.Entries)
		if len(log.Entries) != 1+writers*each {
			t.Errorf("got %d entries, want %d", len(log.Entries), 1+writers*each)
		}
		checkProjection(t, db, ticketID)
	})
}

// postTwice posts a message twice concurrently and returns its sequence number.
func postTwice(t *testing.T, service *ticket.Service, actor user.Principal, m ticket.Message) int {
	t.Helper()
	seqs := make(chan int, 2)
	for range cap(seqs) {
		go func() {
			posted, err := service.Post(t.Context(), actor, m)
			if err != nil || posted.Entry.ClientID != m.ClientID {
				t.Errorf("got %+v, %v", posted.Entry, err)
			}
			seqs <- posted.Entry.Seq
		}()
	}
	first, second := <-seqs, <-seqs
	if first != second {
		t.Errorf("the message got the sequence numbers %d and %d", first, second)
	}
	return first
}

// projectConcurrently runs the projection concurrently with writers, as the stream
// does; hints may be skipped. stop waits for the last projection.
func projectConcurrently(t *testing.T, db backend, service *ticket.Service, ticketID string) (hint func(seq int), stop func()) {
	t.Helper()
	hints, done := make(chan int, 1), make(chan struct{})
	go func() {
		defer close(done)
		for seq := range hints {
			if err := service.Project(t.Context(), ticketID, seq); err != nil {
				t.Error(err)
			}
		}
	}()
	hint = func(seq int) {
		select {
		case hints <- seq:
		default:
		}
	}
	stop = func() {
		hints <- 0
		close(hints)
		<-done
		must(t, service.Project(t.Context(), ticketID, len(readLog(t, db, ticketID).Entries)))
	}
	return hint, stop
}

// TestClose_ConcurrentPosts checks that no message is appended after a close.
func TestClose_ConcurrentPosts(t *testing.T) {
	sara, ali := customer("Sara"), agent("Ali")
	service, categoryID := newTicketService(t, openStore())
	ticketID := openTicket(t, service, categoryID, sara)
	service.ReopenWindow = -time.Hour // closed tickets cannot be reopened
	byCode := concurrently(12, func(i int) error {
		if i == 6 {
			_, err := service.Close(t.Context(), ali, ticketID, newID())
			return err
		}
		_, err := service.Post(t.Context(), sara, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "hello"})
		return err
	})
	log := readLog(t, onDynamo, ticketID).Entries
	checkLog(t, log)
	if last := log[len(log)-1]; last.Kind != ticket.KindStatus || last.State.Status != ticket.StatusClosed {
		t.Errorf("the entry after the close is %+v", last)
	}
	if byCode[""] != len(log)-1 || byCode[apperr.TicketClosed] != 12-byCode[""] {
		t.Errorf("got %v for %d entries", byCode, len(log))
	}
	checkProjection(t, onDynamo, ticketID)
}

func TestClaim_Concurrent(t *testing.T) {
	sara := customer("Sara")
	service, categoryID := newTicketService(t, openStore())
	for range 5 {
		ticketID := openTicket(t, service, categoryID, sara)
		byCode := concurrently(2, func(i int) error {
			_, err := service.Claim(t.Context(), agent(fmt.Sprint("Agent ", i)), ticketID, newID())
			return err
		})
		if byCode[""] != 1 || byCode[apperr.AlreadyAssigned] != 1 {
			t.Errorf("got %v, want one of each", byCode)
		}
		if log := readLog(t, onDynamo, ticketID); len(log.Entries) != 2 || log.Ticket.State.AssigneeID != log.Entries[1].Change.To {
			t.Errorf("got %d entries, the ticket is assigned to %s", len(log.Entries), log.Ticket.State.AssigneeID)
		}
		checkProjection(t, onDynamo, ticketID)
	}
}

// TestCreate_Concurrent checks that concurrent repeats create one ticket, and that one
// call reports it as new.
func TestCreate_Concurrent(t *testing.T) {
	sara := customer("Sara")
	service, categoryID := newTicketService(t, openStore())
	params := ticket.CreateParams{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID}
	tickets := make(chan ticket.Ticket, 10)
	byCode := concurrently(10, func(int) error {
		tk, created, err := service.Create(t.Context(), sara, params)
		tickets <- tk
		if err == nil && !created {
			return apperr.New("repeat", "")
		}
		return err
	})
	if byCode[""] != 1 || byCode["repeat"] != 9 {
		t.Errorf("got %v, want one new and nine repeats", byCode)
	}
	first := <-tickets
	for range 9 {
		if tk := <-tickets; tk.ID != first.ID {
			t.Errorf("got the tickets %s and %s", first.ID, tk.ID)
		}
	}
	if log := readLog(t, onDynamo, first.ID); len(log.Entries) != 1 {
		t.Errorf("got %d entries", len(log.Entries))
	}
}

// TestMarkRead_Concurrent checks that the marker ends at the highest sequence number.
func TestMarkRead_Concurrent(t *testing.T) {
	ticketID, _ := createLog(t, onDynamo, 20, customer("Sara"))
	service, _ := newTicketService(t, openStore())
	ali := agent("Ali")
	if byCode := concurrently(20, func(i int) error { return service.MarkRead(t.Context(), ali, ticketID, i+1) }); byCode[""] != 20 {
		t.Errorf("got %v", byCode)
	}
	must(t, service.Project(t.Context(), ticketID, 0))
	must(t, service.Project(t.Context(), ticketID, 20))
	if got := readLog(t, onDynamo, ticketID).ReadMarkers[ali.UserID]; got != 20 {
		t.Errorf("the marker is at %d, want 20", got)
	}
	checkProjection(t, onDynamo, ticketID)
}
