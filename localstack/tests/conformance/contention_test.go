package conformance

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/ticket"
)

// Among eight writers a message may be dearer than alone: by half, says the
// design. Who meets whom is chance, so that the test itself fails at twice.
const (
	contentionGoal  = 1.5
	contentionLimit = 2.0
)

// TestPostCostUnderContention: eight people write on one ticket as fast as they can,
// and an acknowledged message costs not much more than that of one alone.
func TestPostCostUnderContention(t *testing.T) {
	t.Parallel()
	const writers = 8
	each := report.ShortOrFull(50, 500)
	ticketID, total := concurrentWriters(t, writers, each)
	log := readLog(t, ticketID)
	checkLog(t, log.Entries)
	if got := len(log.Entries); got != 1+writers*each {
		t.Errorf("got %d entries, want %d", got, 1+writers*each)
	}
	checkProjection(t, ticketID)
	posts := float64(writers * each)
	compareContention(t, "trips", float64(total.roundTrips)/posts, 2, "")
	compareContention(t, "read units", total.read/posts, 1,
		"Whoever steps back reads what was written meanwhile, the price of never taking a message twice; a read of more than 4 KB is two units.")
	compareContention(t, "write units", total.write/posts, 1, "")
}

// compareContention compares what a message costs in a crowd with what it costs alone.
func compareContention(t *testing.T, unit string, got, single float64, reason string) {
	t.Helper()
	holds := got <= single*contentionGoal
	if holds {
		reason = ""
	}
	must(t, report.Record(report.Result{
		Check: "floors", Name: "8 writers on one ticket, " + unit + " a message", Value: fmt.Sprintf("%.2f", got),
		Target: fmt.Sprintf("%g (alone %g)", single*contentionGoal, single), Pass: holds, Note: reason,
	}))
	t.Logf("%s a message: %.2f", unit, got)
	if got > single*contentionLimit {
		t.Errorf("%s a message: got %.2f, want at most %g", unit, got, single*contentionLimit)
	}
}

// concurrentWriters lets writers post on one new ticket, each the next message as soon as
// the last one is acknowledged, while the stream keeps the head. As in the
// function that posts, watchers are told before the answer goes out; all watch
// the ticket, so that each has seen what was acknowledged to any. It gives what
// the posts alone cost.
func concurrentWriters(t *testing.T, writers, each int) (ticketID string, total cost) {
	t.Helper()
	sara := customer("Sara")
	service, categoryID := newTicketService(t, openStore())
	ticketID = openTicket(t, service, categoryID, sara)
	store, m := newMeteredStore()
	metered := *service
	metered.Store = store
	hint, stop := projectConcurrently(t, service, ticketID)
	publisher := &api.Publisher{Hub: &realtime.Hub{Store: openStore(), Pusher: &countingPusher{}, Now: app.Now}, Log: slog.New(slog.DiscardHandler)}
	var wg sync.WaitGroup
	var newest atomic.Int64
	newest.Store(1)
	for w := range writers {
		actor := sara
		if w > 0 {
			actor = agent(fmt.Sprint("Agent ", w))
		}
		wg.Go(func() {
			for range each {
				m := ticket.Message{TicketID: ticketID, Body: sampleReply, After: int(newest.Load())}
				m.ClientID = newID()
				posted, err := metered.Post(t.Context(), actor, m)
				if err != nil {
					t.Error(err)
					return
				}
				publisher.PublishEntry(t.Context(), posted.Ticket, posted.Entry, "")
				storeMax(&newest, int64(posted.Entry.Seq))
				hint(posted.Entry.Seq)
			}
		})
	}
	wg.Wait()
	stop()
	total, _ = m.reset()
	return ticketID, total
}

// storeMax lifts n to at least to.
func storeMax(n *atomic.Int64, to int64) {
	for was := n.Load(); was < to; was = n.Load() {
		if n.CompareAndSwap(was, to) {
			return
		}
	}
}
