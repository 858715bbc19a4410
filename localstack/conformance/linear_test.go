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

	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

const (
	clientsAtOnce  = 8
	deedsOfClient  = 5
	historiesAside = 4 // histories that run side by side
)

// TestLinearLog: whatever eight clients do to a ticket at once, over a line
// that loses requests and answers, there is an order in which one after the
// other could have done it and got the same answers.
func TestLinearLog(t *testing.T) {
	t.Parallel()
	_, categoryID := newDesk(t, open())
	histories := verdict.Pick(40, 1000)
	var deeds, lost, wrong atomic.Int64
	places := make(chan struct{}, historiesAside)
	var wait sync.WaitGroup
	for seed := range uint64(histories) {
		places <- struct{}{}
		wait.Go(func() {
			defer func() { <-places }()
			h := newHistory(t, categoryID, seed, 0.04, func(s ticket.Store) ticket.Store { return s })
			h.run(t)
			deeds.Add(int64(len(h.deeds)))
			for _, d := range h.deeds {
				if d.Output.(answer).lost {
					lost.Add(1)
				}
			}
			if got := h.check(); got != porcupine.Ok {
				wrong.Add(1)
				t.Errorf("history %d: %s\n%s", seed, got, h)
			}
		})
	}
	wait.Wait()
	must(t, verdict.Record(verdict.Line{
		Item: "log", Name: "linearizable histories", Figure: fmt.Sprintf("%d of %d", histories-int(wrong.Load()), histories),
		Goal: fmt.Sprintf("%d of %d", histories, histories), Holds: wrong.Load() == 0,
		Cause: fmt.Sprintf("%d clients a ticket, %d deeds, of which %d got no answer and were done again.", clientsAtOnce, deeds.Load(), lost.Load()),
	}))
}

// TestLinearCheckSees: stores with a bug are found out.
func TestLinearCheckSees(t *testing.T) {
	t.Parallel()
	_, categoryID := newDesk(t, open())
	var caught atomic.Int64
	var wait sync.WaitGroup
	broken := map[string]func(ticket.Store) ticket.Store{
		"says that it wrote what it did not": func(s ticket.Store) ticket.Store { return deafStore{s} },
		"reads what was":                     func(s ticket.Store) ticket.Store { return &staleStore{Store: s} },
		"forgets who sent what":              func(s ticket.Store) ticket.Store { return forgetfulStore{s} },
	}
	for name, store := range broken {
		wait.Go(func() {
			for seed := range uint64(20) {
				h := newHistory(t, categoryID, seed, 0, store)
				if h.run(t); h.check() == porcupine.Illegal {
					caught.Add(1)
					return
				}
			}
			t.Errorf("a store that %s was not found out", name)
		})
	}
	wait.Wait()
	must(t, verdict.Record(verdict.Line{
		Item: "log", Name: "broken stores found out", Figure: fmt.Sprintf("%d of %d", caught.Load(), len(broken)),
		Goal: fmt.Sprintf("%d of %d", len(broken), len(broken)), Holds: int(caught.Load()) == len(broken),
	}))
}

// deafStore does not notice that a slot is taken.
type deafStore struct{ ticket.Store }

func (s deafStore) Append(ctx context.Context, e ticket.Entry) (*ticket.Entry, error) {
	_, err := s.Store.Append(ctx, e)
	return nil, err
}

// staleStore does not always show the newest entry.
type staleStore struct {
	ticket.Store
	n atomic.Int64
}

func (s *staleStore) Newest(ctx context.Context, ticketID string, n int) (ticket.Log, error) {
	log, err := s.Store.Newest(ctx, ticketID, n+1)
	return s.stale(log), err
}

func (s *staleStore) Ahead(ctx context.Context, ticketID string, from, n int) (ticket.Log, bool, error) {
	log, end, err := s.Store.Ahead(ctx, ticketID, from, n)
	return s.stale(log), end, err
}

func (s *staleStore) stale(log ticket.Log) ticket.Log {
	last := len(log.Entries) - 1
	if last > 0 && log.Head.LastSeq <= log.Entries[last-1].Seq && s.n.Add(1)%3 == 0 {
		log.Entries = log.Entries[:last]
	}
	return log
}

// forgetfulStore does not know a message again.
type forgetfulStore struct{ ticket.Store }

func (s forgetfulStore) Tail(ctx context.Context, ticketID string, from int) (ticket.Log, error) {
	log, err := s.Store.Tail(ctx, ticketID, from)
	return nameless(log), err
}

func (s forgetfulStore) Stretch(ctx context.Context, ticketID string, from, to, n int, backward bool) (ticket.Log, error) {
	log, err := s.Store.Stretch(ctx, ticketID, from, to, n, backward)
	return nameless(log), err
}

func nameless(log ticket.Log) ticket.Log {
	for i := range log.Entries {
		log.Entries[i].ClientID = ""
	}
	return log
}

// history is what clients did to one ticket, and what they were told.
type history struct {
	ticketID string
	shut     bool // a closed ticket takes no messages
	clients  []*linearClient
	clock    atomic.Int64 // counts calls and returns

	mu    sync.Mutex
	deeds []porcupine.Operation
}

// linearClient is one of the clients.
type linearClient struct {
	*history
	number int
	chance *rand.Rand
	who    user.Principal
	desk   *ticket.Desk
	seen   int
}

// newHistory opens a ticket and gives it clients; loss is the part of the
// requests and answers that are lost.
func newHistory(t *testing.T, categoryID string, seed uint64, loss float64, wrap func(ticket.Store) ticket.Store) *history {
	t.Helper()
	sara := customer("Sara")
	sound, _ := newDesk(t, open())
	h := &history{ticketID: openTicket(t, sound, categoryID, sara), shut: seed%2 == 0}
	for i := range clientsAtOnce {
		c := &linearClient{history: h, number: i, chance: rand.New(rand.NewPCG(seed, uint64(i))), who: sara, seen: 1}
		if i%4 > 0 { // Sara has two devices
			c.who = agent(fmt.Sprint("Agent ", i))
		}
		store := openWith(badLine(seed*clientsAtOnce+uint64(i), loss, 1+i%2*2))
		desk := *sound
		if c.desk, desk.Store = &desk, wrap(store); h.shut {
			desk.ReopenWindow = -time.Hour
		}
		h.clients = append(h.clients, c)
	}
	return h
}

// badLine loses a part of the requests on their way there, and as many answers
// on their way back; the SDK tries that often.
func badLine(seed uint64, loss float64, tries int) aws.Config {
	config := house.config.Copy()
	config.HTTPClient = &badClient{next: config.HTTPClient, chance: rand.New(rand.NewPCG(seed, 7)), loss: loss}
	config.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = tries
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = noLimit{}
		})
	}
	return config
}

type badClient struct {
	next aws.HTTPClient
	loss float64

	mu     sync.Mutex
	chance *rand.Rand
}

func (b *badClient) Do(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	there, back := b.chance.Float64() < b.loss/2, b.chance.Float64() < b.loss/2
	b.mu.Unlock()
	if there {
		return nil, errLost
	}
	if back {
		return (&lossy{next: b.next, lose: func(int, string) bool { return true }}).Do(r)
	}
	return b.next.Do(r)
}

// run lets the clients loose, with the stream's projection beside them, and
// reads everything in the end.
func (h *history) run(t *testing.T) {
	t.Helper()
	sound, _ := newDesk(t, open())
	hint, ended := follow(t, sound, h.ticketID)
	var wait sync.WaitGroup
	for _, c := range h.clients {
		wait.Go(func() {
			for range deedsOfClient {
				c.act(t)
				hint(c.seen)
			}
		})
	}
	wait.Wait()
	ended()
	last := *h.clients[1]
	last.desk, last.seen = sound, 0
	last.read(t)
}

// act does one thing by chance.
func (c *linearClient) act(t *testing.T) {
	t.Helper()
	d := deed{kind: "post", id: newID(), who: c.who}
	staff := c.who.Role.Staff()
	switch n := c.chance.IntN(20); {
	case n < 6:
		c.read(t)
		return
	case n == 6 && (staff || c.shut):
		d.kind = "close"
	case n < 9 && staff:
		d.kind, d.status = "status", []ticket.Status{ticket.StatusPending, ticket.StatusResolved, ticket.StatusOpen, ticket.StatusOpen}[c.chance.IntN(4)]
	case n < 11 && staff:
		d.kind = []string{"claim", "release"}[n%2]
	case n == 11 && staff:
		d.kind = "note"
	}
	copies, m := 1, ticket.Message{TicketID: c.ticketID, ClientID: d.id, Body: "hello", Internal: d.kind == "note", After: c.seen}
	if c.chance.IntN(4) == 0 {
		copies = 2
	}
	var wait sync.WaitGroup
	for range copies {
		wait.Go(func() { c.insist(t, d, m) })
	}
	wait.Wait()
	if c.chance.IntN(6) == 0 {
		c.insist(t, d, m) // a late repeat
	}
}

// insist does a deed again and again until there is an answer.
func (c *linearClient) insist(t *testing.T, d deed, m ticket.Message) {
	for range 50 {
		if a := c.note(t, d, func() (answer, error) { return c.do(t.Context(), d, m) }); !a.lost {
			return
		}
	}
	t.Errorf("%s got no answer", d.kind)
}

// do asks the desk.
func (c *linearClient) do(ctx context.Context, d deed, m ticket.Message) (answer, error) {
	var changed ticket.Changed
	var err error
	switch d.kind {
	case "post", "note":
		posted, err := c.desk.Post(ctx, c.who, m)
		return answer{seq: posted.Entry.Seq}, err
	case "close":
		changed, err = c.desk.Close(ctx, c.who, c.ticketID, d.id)
	case "status":
		changed, err = c.desk.SetStatus(ctx, c.who, c.ticketID, d.id, d.status)
	case "claim":
		changed, err = c.desk.Claim(ctx, c.who, c.ticketID, d.id)
	case "release":
		changed, err = c.desk.Assign(ctx, c.who, c.ticketID, d.id, "")
	}
	if len(changed.Entries) == 0 {
		return answer{}, err
	}
	return answer{seq: changed.Entries[0].Seq}, err
}

// read reads what is new to the client.
func (c *linearClient) read(t *testing.T) {
	d := deed{kind: "read", who: c.who, after: c.seen}
	for range 50 {
		a := c.note(t, d, func() (answer, error) {
			page, err := c.desk.Entries(t.Context(), c.who, c.ticketID, ticket.Page{After: d.after, Limit: 500})
			if n := len(page.Entries); err == nil && n > 0 {
				c.seen = page.Entries[n-1].Seq
			}
			return answer{shown: linesOf(page.Entries)}, err
		})
		if !a.lost {
			return
		}
	}
	t.Error("a read got no answer")
}

// note writes a deed down. One without an answer may be done at any time from
// now on; a read without one says nothing.
func (c *linearClient) note(t *testing.T, d deed, do func() (answer, error)) answer {
	call := c.clock.Add(1)
	a, err := do()
	back := c.clock.Add(1)
	kind := fault.Kind("")
	if err != nil {
		kind = fault.From(err).Kind
	}
	switch {
	case err == nil:
	case errors.Is(err, errLost) || errors.Is(err, net.ErrClosed) || kind == fault.Conflict:
		if a = (answer{lost: true}); d.kind == "read" {
			return a
		}
		back = 1 << 40
	case kind == fault.TicketClosed || kind == fault.StatusNotAllowed || kind == fault.AlreadyAssigned:
		a = answer{refusal: kind}
	default:
		t.Errorf("%s: got %v", d.kind, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deeds = append(c.deeds, porcupine.Operation{ClientId: c.number, Input: d, Call: call, Output: a, Return: back})
	return a
}

// checkTime bounds the search for an order. A usual history takes milliseconds.
const checkTime = 2 * time.Minute

func (h *history) model() porcupine.Model {
	first := line{kind: string(ticket.KindOpened), author: h.clients[0].who.UserID, status: ticket.StatusNew}
	for _, d := range h.deeds { // the clientId of the opening is the ticket's own
		if in, out := d.Input.(deed), d.Output.(answer); in.kind == "read" && in.after == 0 {
			first.id = out.shown[0].id
		}
	}
	return sequential(first, h.shut)
}

func (h *history) check() porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(h.model(), h.deeds, checkTime)
}

func (h *history) String() string {
	text, model := "", h.model()
	for _, d := range h.deeds {
		text += fmt.Sprintf("%d-%d client %d: %s\n", d.Call, d.Return, d.ClientId, model.DescribeOperation(d.Input, d.Output))
	}
	return text
}
