package conformance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"ticketsystem/localstack/testkit/report"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

const (
	concurrentClients   = 8
	operationsPerClient = 5
	concurrentHistories = 4 // histories checked at once
)

// TestLinearizable runs eight concurrent clients on one ticket over a connection that
// loses requests and responses. For each history there must be a sequential order of
// the operations with the same results.
func TestLinearizable(t *testing.T) {
	t.Parallel()
	_, categoryID := newTicketService(t, openStore())
	histories := report.ShortOrFull(40, 1000)
	var ran, operations, lost, right atomic.Int64
	semaphore := make(chan struct{}, concurrentHistories)
	var wg sync.WaitGroup
	for seed := range uint64(histories) {
		if semaphore <- struct{}{}; !report.TimeLeft() {
			break
		}
		wg.Go(func() {
			defer func() { <-semaphore }()
			h := newHistory(t, categoryID, seed, 0.04, func(s ticket.Store) ticket.Store { return s })
			h.run(t)
			ran.Add(1)
			operations.Add(int64(len(h.operations)))
			for _, op := range h.operations {
				if op.Output.(result).lost {
					lost.Add(1)
				}
			}
			if got := h.check(); got != porcupine.Ok {
				t.Errorf("history %d: %s\n%s", seed, got, h)
				return
			}
			right.Add(1)
		})
	}
	wg.Wait()
	must(t, report.Record(report.Result{
		Check: "linearizability", Name: "linearizable histories", Value: fmt.Sprintf("%d of %d", right.Load(), histories),
		Target: fmt.Sprintf("%d of %d", histories, histories), Pass: right.Load() == int64(histories),
		Note: fmt.Sprintf("%d histories ran before the deadline, %d of them are not linearizable. %d clients per ticket, %d operations, of which %d got no response and were repeated.",
			ran.Load(), ran.Load()-right.Load(), concurrentClients, operations.Load(), lost.Load()),
	}))
}

// history records the operations of the clients on one ticket, and their results.
type history struct {
	ticketID          string
	rejectsWhenClosed bool // a closed ticket accepts no messages
	clients           []*historyClient
	clock             atomic.Int64 // logical time of calls and returns

	mu         sync.Mutex
	operations []porcupine.Operation
}

// historyClient is one of the concurrent clients.
type historyClient struct {
	*history
	id      int
	rng     *rand.Rand
	actor   user.Principal
	service *ticket.Service
	lastSeq int
}

// newHistory creates a ticket and its clients. lossRate is the share of lost requests
// and responses.
func newHistory(t *testing.T, categoryID string, seed uint64, loss float64, wrap func(ticket.Store) ticket.Store) *history {
	t.Helper()
	sara := customer("Sara")
	reliable, _ := newTicketService(t, openStore())
	h := &history{ticketID: openTicket(t, reliable, categoryID, sara), rejectsWhenClosed: seed%2 == 0}
	for i := range concurrentClients {
		c := &historyClient{history: h, id: i, rng: rand.New(rand.NewPCG(seed, uint64(i))), actor: sara, lastSeq: 1}
		if i%4 > 0 { // Sara has two clients
			c.actor = agent(fmt.Sprint("Agent ", i))
		}
		store := openStoreWith(unreliableConfig(seed*concurrentClients+uint64(i), loss, 1+i%2*2))
		service := *reliable
		if c.service, service.Store = &service, wrap(store); h.rejectsWhenClosed {
			service.ReopenWindow = -time.Hour
		}
		h.clients = append(h.clients, c)
	}
	return h
}

// unreliableConfig returns a configuration that loses requests and responses with
// probability lossRate/2 each. The SDK makes the given number of attempts.
func unreliableConfig(seed uint64, loss float64, attempts int) aws.Config {
	config := env.config.Copy()
	config.HTTPClient = &unreliableClient{next: config.HTTPClient, rng: rand.New(rand.NewPCG(seed, 7)), lossRate: loss}
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = noRateLimit{}
		})
	}
	return config
}

type unreliableClient struct {
	next     aws.HTTPClient
	lossRate float64

	mu  sync.Mutex
	rng *rand.Rand
}

func (b *unreliableClient) Do(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	requestLost, responseLost := b.rng.Float64() < b.lossRate/2, b.rng.Float64() < b.lossRate/2
	b.mu.Unlock()
	if requestLost {
		return nil, errResponseLost
	}
	if responseLost {
		return (&lossyClient{next: b.next, drop: func(int, string) bool { return true }}).Do(r)
	}
	return b.next.Do(r)
}

// run runs the clients and the projection concurrently, and reads the whole log at the
// end.
func (h *history) run(t *testing.T) {
	t.Helper()
	reliable, _ := newTicketService(t, openStore())
	hint, stop := projectConcurrently(t, onDynamo, reliable, h.ticketID)
	var wg sync.WaitGroup
	for _, c := range h.clients {
		wg.Go(func() {
			for range operationsPerClient {
				c.step(t)
				hint(c.lastSeq)
			}
		})
	}
	wg.Wait()
	stop()
	last := *h.clients[1]
	last.service, last.lastSeq = reliable, 0
	last.read(t)
}

// step runs one random operation.
func (c *historyClient) step(t *testing.T) {
	t.Helper()
	op := operation{kind: "post", clientID: newID(), actor: c.actor}
	staff := c.actor.Role.IsStaff()
	switch n := c.rng.IntN(20); {
	case n < 6:
		c.read(t)
		return
	case n == 6 && (staff || c.rejectsWhenClosed):
		op.kind = "close"
	case n < 9 && staff:
		op.kind, op.status = "status", []ticket.Status{ticket.StatusPending, ticket.StatusResolved, ticket.StatusOpen, ticket.StatusOpen}[c.rng.IntN(4)]
	case n < 11 && staff:
		op.kind = []string{"claim", "release"}[n%2]
	case n == 11 && staff:
		op.kind = "note"
	}
	copies, m := 1, ticket.Message{TicketID: c.ticketID, ClientID: op.clientID, Body: "hello", Internal: op.kind == "note", After: c.lastSeq}
	if c.rng.IntN(4) == 0 {
		copies = 2
	}
	var wg sync.WaitGroup
	for range copies {
		wg.Go(func() { c.retryUntilDone(t, op, m) })
	}
	wg.Wait()
	if c.rng.IntN(6) == 0 {
		c.retryUntilDone(t, op, m) // a late repeat
	}
}

// retryUntilDone repeats an operation until it gets a response.
func (c *historyClient) retryUntilDone(t *testing.T, op operation, m ticket.Message) {
	for range 50 {
		if a := c.record(t, op, func() (result, error) { return c.execute(t.Context(), op, m) }); !a.lost {
			return
		}
	}
	t.Errorf("%s got no response", op.kind)
}

// execute calls the ticket service.
func (c *historyClient) execute(ctx context.Context, op operation, m ticket.Message) (result, error) {
	var changed ticket.ChangeResult
	var err error
	switch op.kind {
	case "post", "note":
		posted, err := c.service.Post(ctx, c.actor, m)
		return result{seq: posted.Entry.Seq}, err
	case "close":
		changed, err = c.service.Close(ctx, c.actor, c.ticketID, op.clientID)
	case "status":
		changed, err = c.service.SetStatus(ctx, c.actor, c.ticketID, op.clientID, op.status)
	case "claim":
		changed, err = c.service.Claim(ctx, c.actor, c.ticketID, op.clientID)
	case "release":
		changed, err = c.service.Assign(ctx, c.actor, c.ticketID, op.clientID, "")
	}
	if len(changed.Entries) == 0 {
		return result{}, err
	}
	return result{seq: changed.Entries[0].Seq}, err
}

// read reads the entries that are new to the client.
func (c *historyClient) read(t *testing.T) {
	op := operation{kind: "read", actor: c.actor, after: c.lastSeq}
	for range 50 {
		a := c.record(t, op, func() (result, error) {
			page, err := c.service.Entries(t.Context(), c.actor, c.ticketID, ticket.EntryQuery{After: op.after, Limit: 500})
			if n := len(page.Entries); err == nil && n > 0 {
				c.lastSeq = page.Entries[n-1].Seq
			}
			return result{entries: modelEntries(page.Entries)}, err
		})
		if !a.lost {
			return
		}
	}
	t.Error("a read got no response")
}

// record adds an operation to the history. An operation without a response may take
// effect at any later time; a read without one is ignored.
func (c *historyClient) record(t *testing.T, op operation, do func() (result, error)) result {
	call := c.clock.Add(1)
	a, err := do()
	returned := c.clock.Add(1)
	code := apperr.Code("")
	if err != nil {
		code = apperr.From(err).Code
	}
	switch {
	case err == nil:
	case errors.Is(err, errResponseLost) || errors.Is(err, net.ErrClosed) || code == apperr.Conflict:
		if a = (result{lost: true}); op.kind == "read" {
			return a
		}
		returned = 1 << 40
	case code == apperr.TicketClosed || code == apperr.StatusNotAllowed || code == apperr.AlreadyAssigned:
		a = result{code: code}
	default:
		t.Errorf("%s: got %v", op.kind, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.operations = append(c.operations, porcupine.Operation{ClientId: c.id, Input: op, Call: call, Output: a, Return: returned})
	return a
}

// checkTimeout bounds the search for a sequential order. A typical history takes
// milliseconds.
const checkTimeout = 2 * time.Minute

func (h *history) model() porcupine.Model {
	first := modelEntry{kind: string(ticket.KindOpened), authorID: h.clients[0].actor.UserID, status: ticket.StatusNew}
	for _, op := range h.operations { // the first entry carries the ticket's own clientId
		if in, out := op.Input.(operation), op.Output.(result); in.kind == "read" && in.after == 0 {
			first.clientID = out.entries[0].clientID
		}
	}
	return logModel(first, h.rejectsWhenClosed)
}

func (h *history) check() porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(h.model(), h.operations, checkTimeout)
}

func (h *history) String() string {
	text, model := "", h.model()
	for _, op := range h.operations {
		text += fmt.Sprintf("%d-%d client %d: %s\n", op.Call, op.Return, op.ClientId, model.DescribeOperation(op.Input, op.Output))
	}
	return text
}
