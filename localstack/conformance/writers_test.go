package conformance

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/wiring"
)

// Among eight writers a message may be dearer than alone: by half, says the
// design. Who meets whom is chance, so that the test itself fails at twice.
const (
	crowdGoal  = 1.5
	crowdLimit = 2.0
)

// TestPriceUnderWriters: eight people write on one ticket as fast as they can,
// and an acknowledged message costs not much more than that of one alone.
func TestPriceUnderWriters(t *testing.T) {
	t.Parallel()
	const writers = 8
	each := verdict.Pick(50, 500)
	ticketID, total := crowd(t, writers, each)
	log := wholeLog(t, ticketID)
	checkLog(t, log.Entries)
	if got := len(log.Entries); got != 1+writers*each {
		t.Errorf("got %d entries, want %d", got, 1+writers*each)
	}
	checkHead(t, ticketID)
	posts := float64(writers * each)
	judgeCrowd(t, "trips", float64(total.trips)/posts, 2, "")
	judgeCrowd(t, "read units", total.read/posts, 1,
		"Whoever steps back reads what was written meanwhile, the price of never taking a message twice; a read of more than 4 KB is two units.")
	judgeCrowd(t, "write units", total.write/posts, 1, "")
}

// judgeCrowd compares what a message costs in a crowd with what it costs alone.
func judgeCrowd(t *testing.T, what string, got, alone float64, cause string) {
	t.Helper()
	holds := got <= alone*crowdGoal
	if holds {
		cause = ""
	}
	must(t, verdict.Record(verdict.Line{
		Item: "floors", Name: "8 writers on one ticket, " + what + " a message", Figure: fmt.Sprintf("%.2f", got),
		Goal: fmt.Sprintf("%g (alone %g)", alone*crowdGoal, alone), Holds: holds, Cause: cause,
	}))
	t.Logf("%s a message: %.2f", what, got)
	if got > alone*crowdLimit {
		t.Errorf("%s a message: got %.2f, want at most %g", what, got, alone*crowdLimit)
	}
}

// crowd lets writers post on one new ticket, each the next message as soon as
// the last one is acknowledged, while the stream keeps the head. As in the
// function that posts, watchers are told before the answer goes out; all watch
// the ticket, so that each has seen what was acknowledged to any. It gives what
// the posts alone cost.
func crowd(t *testing.T, writers, each int) (ticketID string, total price) {
	t.Helper()
	sara := customer("Sara")
	desk, categoryID := newDesk(t, open())
	ticketID = openTicket(t, desk, categoryID, sara)
	store, m := metered()
	paid := *desk
	paid.Store = store
	hint, ended := follow(t, desk, ticketID)
	news := &api.News{Hub: &realtime.Hub{Store: open(), Pusher: &pushes{}, Now: wiring.Now}, Log: slog.New(slog.DiscardHandler)}
	var wait sync.WaitGroup
	var newest atomic.Int64
	newest.Store(1)
	for w := range writers {
		who := sara
		if w > 0 {
			who = agent(fmt.Sprint("Agent ", w))
		}
		wait.Go(func() {
			for range each {
				m := ticket.Message{TicketID: ticketID, Body: anAnswer, After: int(newest.Load())}
				m.ClientID = newID()
				posted, err := paid.Post(t.Context(), who, m)
				if err != nil {
					t.Error(err)
					return
				}
				news.Entry(t.Context(), posted.Head, posted.Entry, "")
				raise(&newest, int64(posted.Entry.Seq))
				hint(posted.Entry.Seq)
			}
		})
	}
	wait.Wait()
	ended()
	total, _ = m.reset()
	return ticketID, total
}

// raise lifts n to at least to.
func raise(n *atomic.Int64, to int64) {
	for was := n.Load(); was < to; was = n.Load() {
		if n.CompareAndSwap(was, to) {
			return
		}
	}
}
