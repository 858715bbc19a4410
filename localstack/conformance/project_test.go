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

// live plays a ticket's life by chance, the same every time, and gives the
// seqs that the stream would have told of.
func live(t *testing.T, chance *rand.Rand, desk *ticket.Desk, ticketID string, sara user.Principal, steps int) (hints []int) {
	t.Helper()
	ali, mina := agent("Ali"), agent("Mina")
	for range steps {
		who := []user.Principal{sara, ali, mina}[chance.IntN(3)]
		switch step := chance.IntN(8); {
		case step < 3:
			hints = append(hints, say(t, desk, who, ticketID, "hello").Seq)
		case step == 3:
			posted, err := desk.Post(t.Context(), ali, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "note", Internal: true})
			must(t, err)
			hints = append(hints, posted.Entry.Seq)
		case step == 4:
			must(t, desk.Read(t.Context(), who, ticketID, 1+chance.IntN(len(wholeLog(t, ticketID).Entries))))
			hints = append(hints, 0)
		case step == 5:
			to := []ticket.Status{ticket.StatusPending, ticket.StatusResolved, ticket.StatusClosed, ticket.StatusOpen}[chance.IntN(4)]
			changed, err := desk.SetStatus(t.Context(), ali, ticketID, newID(), to)
			if err == nil { // from closed not every way is open
				hints = append(hints, changed.Head.LastSeq)
			}
		case step == 6:
			changed, err := desk.Claim(t.Context(), ali, ticketID, newID())
			if len(hints)%2 > 0 {
				changed, err = desk.Assign(t.Context(), mina, ticketID, newID(), "")
			}
			must(t, err)
			hints = append(hints, changed.Head.LastSeq)
		default:
			title := fmt.Sprint("Title ", chance.IntN(3))
			changed, err := desk.Edit(t.Context(), ali, ticketID, ticket.Patch{Title: &title})
			must(t, err)
			hints = append(hints, changed.Head.LastSeq)
		}
	}
	return hints
}

// TestReplay: whatever becomes of the stream's hints on the way (doubled, in
// another order, partly lost, handled side by side), after a last one the head
// is what the log folds into from scratch.
func TestReplay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		chance := rand.New(rand.NewPCG(seed, 1))
		sara := customer("Sara")
		desk, categoryID := newDesk(t, open())
		ticketID := openTicket(t, desk, categoryID, sara)
		hints := live(t, chance, desk, ticketID, sara, 20)
		var told []int
		for _, seq := range hints {
			for range chance.IntN(3) { // lost, once, twice
				told = append(told, seq)
			}
		}
		chance.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		var wait sync.WaitGroup
		for worker := range 2 {
			wait.Go(func() {
				for _, seq := range told[worker*len(told)/2 : (worker+1)*len(told)/2] {
					if err := desk.Project(t.Context(), ticketID, seq); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		must(t, desk.Project(t.Context(), ticketID, 0))
		must(t, desk.Project(t.Context(), ticketID, len(wholeLog(t, ticketID).Entries)))
		checkHead(t, ticketID)
		before := wholeLog(t, ticketID).Head.Revision
		must(t, desk.Project(t.Context(), ticketID, 1)) // all is known: nothing is written
		if after := wholeLog(t, ticketID).Head.Revision; after != before {
			t.Errorf("a doubled hint wrote the head: revision %d, then %d", before, after)
		}
	}
}

// TestUnreadFollowsTheMarks, in the detail at once and in lists by the stream.
func TestUnreadFollowsTheMarks(t *testing.T) {
	sara, ali := customer("Sara"), agent("Ali")
	desk, categoryID := newDesk(t, open())
	ticketID := openTicket(t, desk, categoryID, sara)
	for i := range 3 {
		say(t, desk, ali, ticketID, fmt.Sprint("answer ", i))
	}
	mine := ticket.Query{CustomerID: sara.UserID, Sort: ticket.SortActivity, Limit: 5}
	for _, c := range []struct{ read, unread int }{{0, 3}, {2, 2}, {1, 2}, {4, 0}, {9_999, 0}, {3, 0}} {
		if c.read > 0 {
			must(t, desk.Read(t.Context(), sara, ticketID, c.read))
		}
		must(t, desk.Project(t.Context(), ticketID, 0))
		detail, err := desk.Detail(t.Context(), sara, ticketID)
		must(t, err)
		heads, _, err := open().List(t.Context(), mine, nil)
		if err != nil || len(heads) != 1 {
			t.Fatalf("got %d tickets, %v", len(heads), err)
		}
		if got, listed := detail.Head.UnreadFor(sara), heads[0].UnreadFor(sara); got != c.unread || listed != c.unread {
			t.Errorf("read to %d: got %d unread in the detail, %d in the list, want %d", c.read, got, listed, c.unread)
		}
	}
	// A mark beyond the log was taken back: what comes now is unread.
	say(t, desk, ali, ticketID, "one more")
	must(t, desk.Project(t.Context(), ticketID, 5))
	if detail, err := desk.Detail(t.Context(), sara, ticketID); err != nil || detail.Head.UnreadFor(sara) != 1 {
		t.Errorf("got %d unread, %v, want 1", detail.Head.UnreadFor(sara), err)
	}
	checkHead(t, ticketID)
}

// TestFollowUp: after the window a message is refused and leaves nothing; the
// head that the stream has not seen yet is no way around it.
func TestFollowUp(t *testing.T) {
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	ticketID := openTicket(t, desk, categoryID, sara)
	_, err := desk.Close(t.Context(), sara, ticketID, newID())
	must(t, err)
	now := desk.Now
	desk.Now = func() time.Time { return now().Add(desk.ReopenWindow + time.Minute) }
	for _, after := range []int{0, 1, 2} {
		_, err := desk.Post(t.Context(), sara, ticket.Message{TicketID: ticketID, ClientID: newID(), Body: "hello?", After: after})
		refused(t, fmt.Sprint("after ", after), err, "ticket_closed")
	}
	if log := wholeLog(t, ticketID); len(log.Entries) != 2 {
		t.Errorf("got %d entries, want 2", len(log.Entries))
	}
}
