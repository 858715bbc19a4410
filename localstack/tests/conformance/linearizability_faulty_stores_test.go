package conformance

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/ticket"
)

// TestLinearizabilityCheckerDetectsBugs checks that stores with a bug are detected.
func TestLinearizabilityCheckerDetectsBugs(t *testing.T) {
	t.Parallel()
	_, categoryID := newTicketService(t, openStore())
	var caught atomic.Int64
	var wg sync.WaitGroup
	broken := map[string]func(ticket.Store) ticket.Store{
		"reports writes that it did not make": func(s ticket.Store) ticket.Store { return lostWriteStore{s} },
		"returns stale reads":                 func(s ticket.Store) ticket.Store { return &staleReadStore{Store: s} },
		"loses client ids":                    func(s ticket.Store) ticket.Store { return noDedupStore{s} },
	}
	for name, store := range broken {
		wg.Go(func() {
			for seed := range uint64(20) {
				h := newHistory(t, categoryID, seed, 0, store)
				if h.run(t); h.check() == porcupine.Illegal {
					caught.Add(1)
					return
				}
			}
			t.Errorf("a store that %s was not detected", name)
		})
	}
	wg.Wait()
	must(t, report.Record(report.Result{
		Check: "linearizability", Name: "faulty stores detected", Value: fmt.Sprintf("%d of %d", caught.Load(), len(broken)),
		Target: fmt.Sprintf("%d of %d", len(broken), len(broken)), Pass: int(caught.Load()) == len(broken),
	}))
}

// lostWriteStore reports success although the sequence number is taken.
type lostWriteStore struct{ ticket.Store }

func (s lostWriteStore) AppendEntry(ctx context.Context, e ticket.Entry) (*ticket.Entry, error) {
	_, err := s.Store.AppendEntry(ctx, e)
	return nil, err
}

// staleReadStore sometimes omits the newest entry.
type staleReadStore struct {
	ticket.Store
	reads atomic.Int64
}

func (s *staleReadStore) ReadLogLatest(ctx context.Context, ticketID string, n int) (ticket.Log, error) {
	log, err := s.Store.ReadLogLatest(ctx, ticketID, n+1)
	return s.stale(log), err
}

func (s *staleReadStore) ReadLogPage(ctx context.Context, ticketID string, from, n int) (ticket.Log, bool, error) {
	log, end, err := s.Store.ReadLogPage(ctx, ticketID, from, n)
	return s.stale(log), end, err
}

func (s *staleReadStore) stale(log ticket.Log) ticket.Log {
	last := len(log.Entries) - 1
	if last > 0 && log.Ticket.LastSeq <= log.Entries[last-1].Seq && s.reads.Add(1)%3 == 0 {
		log.Entries = log.Entries[:last]
	}
	return log
}

// noDedupStore removes client ids, so that repeats are not recognized.
type noDedupStore struct{ ticket.Store }

func (s noDedupStore) ReadLogFrom(ctx context.Context, ticketID string, from int) (ticket.Log, error) {
	log, err := s.Store.ReadLogFrom(ctx, ticketID, from)
	return withoutClientIDs(log), err
}

func (s noDedupStore) ReadLogRange(ctx context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error) {
	log, err := s.Store.ReadLogRange(ctx, ticketID, from, to, n, backward)
	return withoutClientIDs(log), err
}

func withoutClientIDs(log ticket.Log) ticket.Log {
	for i := range log.Entries {
		log.Entries[i].ClientID = ""
	}
	return log
}
