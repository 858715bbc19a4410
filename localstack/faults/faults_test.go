package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/verdict"
	"ticketsystem/localstack/seed"
	"ticketsystem/localstack/stack"
	"ticketsystem/localstack/tap"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/wiring"
)

const agentPhone = "+989120000002" // a seeded one

// run is one run of the suite.
type run struct {
	stack *stack.Stack
	api   *client.API
	store *table.Table
	plan  *plan
	agent *client.Person
	seed  uint64
}

// TestFaultsLoseAndDoubleNothing lets people write over HTTP and sockets while
// functions are killed around their calls, and calls are refused, cut and left
// without an answer. What was acknowledged must be in the log once, under the
// number that was acknowledged, without a gap.
func TestFaultsLoseAndDoubleNothing(t *testing.T) {
	messages, faults := verdict.Pick(2_000, 100_000), verdict.Pick(200, 10_000)
	seed := seedOf(t)
	breaking := newPlan(seed)
	r := start(t, breaking.observe)
	r.plan, r.seed = breaking, seed
	began := time.Now()
	held, found, err := r.converse(t.Context(), messages/(writers*perWriter))
	r.plan.arm(false)
	acknowledged, cuts := 0, 0
	for _, c := range held {
		acknowledged += c.ledger.len()
		cuts += c.cuts
	}
	struck, kills := r.plan.total()
	how := fmt.Sprintf("seed %d, %s, %d calls: %d broken, of these %d by kill -9; clients cut their own connections %d times",
		r.seed, time.Since(began).Round(time.Second), r.plan.calls, struck, kills, cuts)
	t.Log(how)
	whole := err == nil && found == audit{} && acknowledged >= messages && struck >= faults
	report(t, verdict.Line{
		Name: "acknowledged messages", Goal: fmt.Sprintf("%d messages, %d faults: 0 lost, 0 doubled, 0 gaps", messages, faults), Holds: whole, Cause: how,
		Figure: fmt.Sprintf("%d messages, %d faults: %d lost, %d doubled, %d gaps", acknowledged, struck, found.Lost, found.Doubled, found.Gaps),
	})
	if err := verdict.Detail("faults", "What was broken", r.plan.table()); err != nil {
		t.Error(err)
	}
	if !whole {
		t.Errorf("%d acknowledged, %d faults, %+v: %v", acknowledged, struck, found, err)
	}
	r.followed(t, held)
}

// followed waits until the heads of all tickets have come to the end of their
// logs: the stream went on through its own share of faults.
func (r *run) followed(t *testing.T, held []*conversation) {
	t.Helper()
	behind := 0
	for _, c := range held { // about as the stream comes to them: patience is with each
		if err := r.projected(t.Context(), c.ticketID); err != nil {
			behind++
			t.Error(err)
		}
	}
	dead := 0
	queues, err := r.api.Queues(t.Context())
	for _, q := range queues {
		if strings.Contains(q.Name, "Failures") {
			dead += q.Visible + q.InFlight + q.Delayed
		}
	}
	if err != nil || dead > 0 {
		t.Errorf("%d events were given up, %v", dead, err)
	}
	report(t, verdict.Line{
		Name: "what follows", Goal: "0 heads behind, 0 events given up", Holds: behind == 0 && dead == 0 && err == nil,
		Figure: fmt.Sprintf("%d of %d heads behind, %d events given up", behind, len(held), dead),
	})
}

// projected waits until a ticket's head knows all of its log.
func (r *run) projected(ctx context.Context, ticketID string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		log, err := r.store.Newest(ctx, ticketID, 1)
		if err != nil {
			return err
		}
		if log.Head.LastSeq == entries {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("ticket %s: the head says %d, want %d", ticketID, log.Head.LastSeq, entries)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// converse holds conversations, some at once, and checks each.
func (r *run) converse(ctx context.Context, n int) ([]*conversation, audit, error) {
	var (
		mu    sync.Mutex
		held  []*conversation
		found audit
		errs  []error
		lanes sync.WaitGroup
		next  = make(chan uint64)
	)
	note := func(c *conversation, a audit, err error) {
		mu.Lock()
		defer mu.Unlock()
		if c != nil {
			held = append(held, c)
		}
		found.add(a)
		if err != nil {
			errs = append(errs, err)
		}
	}
	for range verdict.Pick(8, 16) {
		customer, err := r.customer(ctx)
		if err != nil {
			return nil, found, err
		}
		lanes.Go(func() {
			for number := range next {
				c, err := r.open(ctx, customer)
				if err == nil {
					err = c.hold(ctx, r.seed+number)
				}
				if err != nil {
					note(c, audit{}, err)
					continue
				}
				a, err := c.check(ctx, r.store)
				note(c, a, err)
			}
		})
	}
	r.plan.arm(true)
	for number := range n {
		next <- uint64(number)
	}
	close(next)
	lanes.Wait()
	return held, found, errors.Join(errs...)
}

// customer signs somebody up who wants no texts and no mail: what is sent out
// is not what this is about.
func (r *run) customer(ctx context.Context) (*client.Person, error) {
	person, err := r.api.SignUp(ctx, client.RandomPhone(), "Sara Customer")
	if err != nil {
		return nil, err
	}
	answer, err := person.Do(ctx, http.MethodPatch, "/profile", client.Fields{"notifications": client.Fields{"email": false, "sms": false}})
	if err != nil {
		return nil, err
	}
	return person, answer.Into(http.StatusOK, nil)
}

// open opens the ticket of a conversation.
func (r *run) open(ctx context.Context, customer *client.Person) (*conversation, error) {
	opened, err := customer.OpenTicket(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &conversation{ticketID: opened.ID, customer: customer, agent: r.agent}, nil
}

// start starts a stack with a tap, and builds what the run needs.
func start(t *testing.T, observe tap.Observer) *run {
	t.Helper()
	r := &run{}
	var log io.Writer
	if testing.Verbose() {
		log = os.Stderr
	}
	var err error
	r.stack, err = stack.Start(t.Context(), stack.Options{
		Root: "../..", Memory: true, Seed: seed.Seed, Log: log, Tap: observe, Width: 24,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stack.Close)
	r.stack.Build()
	r.api = client.New(r.stack.HTTPURL, r.stack.SocketURL, r.stack.OutboxURL)
	if r.agent, err = r.api.Login(t.Context(), agentPhone, client.Password); err != nil {
		t.Fatal(err)
	}
	if r.store, err = tableOf(r.stack); err != nil {
		t.Fatal(err)
	}
	return r
}

// tableOf is the stack's table, reached past the tap.
func tableOf(s *stack.Stack) (*table.Table, error) {
	env := wiring.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": s.DynamoDBURL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	config := env.AWS("DYNAMODB")
	return table.New(config, s.TableName, wiring.Now), env.Err()
}

// seedOf is JUDGE_SEED, or any.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	given := os.Getenv("JUDGE_SEED")
	if given == "" {
		return rand.Uint64()
	}
	s, err := strconv.ParseUint(given, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func report(t *testing.T, l verdict.Line) {
	t.Helper()
	l.Item = "faults"
	if err := verdict.Record(l); err != nil {
		t.Error(err)
	}
}
