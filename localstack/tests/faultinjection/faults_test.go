package faultinjection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
	"ticketsystem/localstack/testkit/seed"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/dynamo"
)

const agentPhone = "+989120000002" // a seeded agent

// run is one run of the suite.
type run struct {
	stack *stack.Stack
	api   *client.API
	store *dynamo.Store
	plan  *faultPlan
	agent *client.User
	seed  uint64
}

// TestFaults_ExactlyOnce writes over HTTP and WebSocket while functions are killed
// around their calls, and calls are throttled, cut or left without a response. Each
// acknowledged message must be in the log exactly once, at the acknowledged sequence
// number, without gaps.
func TestFaults_ExactlyOnce(t *testing.T) {
	messages, faults := report.ShortOrFull(2_000, 100_000), report.ShortOrFull(200, 10_000)
	seed := faultSeed(t)
	plan := newFaultPlan(seed)
	r := startRun(t, plan.observe)
	r.plan, r.seed = plan, seed
	began := time.Now()
	scenarios, found, err := r.runScenarios(t.Context(), messages/(writers*perWriter))
	r.plan.setArmed(false)
	acknowledged, disconnects := 0, 0
	for _, s := range scenarios {
		acknowledged += s.acked.len()
		disconnects += s.disconnects
	}
	injected, kills := r.plan.total()
	summary := fmt.Sprintf("seed %d, %s, %d calls: %d with a fault, of these %d by kill -9; clients closed their own connections %d times",
		r.seed, time.Since(began).Round(time.Second), r.plan.calls, injected, kills, disconnects)
	t.Log(summary)
	pass := err == nil && found == comparison{} && acknowledged >= messages && injected >= faults
	if err != nil {
		summary += "; " + err.Error()
	}
	record(t, report.Result{
		Name: "acknowledged messages", Target: fmt.Sprintf("%d messages, %d faults: 0 lost, 0 duplicated, 0 gaps", messages, faults), Pass: pass, Note: summary,
		Value: fmt.Sprintf("%d messages, %d faults: %d lost, %d duplicated, %d gaps", acknowledged, injected, found.Lost, found.Duplicated, found.Gaps),
	})
	if err := report.Detail("faults", "Injected faults", r.plan.table()); err != nil {
		t.Error(err)
	}
	if !pass {
		t.Errorf("%d acknowledged, %d faults, %+v: %v", acknowledged, injected, found, err)
	}
	r.waitForProjections(t, "projections after faults", scenarios)
}

// runScenarios runs scenarios with bounded concurrency, and checks each. Those that follow wait
// for its projection, so that the stream is never more than some tickets behind the writers,
// which would take most of the processor time otherwise.
func (r *run) runScenarios(ctx context.Context, n int) ([]*scenario, comparison, error) {
	var (
		mu        sync.Mutex
		scenarios []*scenario
		found     comparison
		errs      []error
		wg        sync.WaitGroup
		next      = make(chan uint64)
	)
	record := func(s *scenario, a comparison, err error) {
		mu.Lock()
		defer mu.Unlock()
		if s != nil {
			scenarios = append(scenarios, s)
		}
		found.add(a)
		if err != nil {
			errs = append(errs, err)
		}
	}
	for range report.ShortOrFull(8, 16) {
		customer, err := r.newCustomer(ctx)
		if err != nil {
			return nil, found, err
		}
		wg.Go(func() {
			for number := range next {
				s, err := r.newScenario(ctx, customer)
				if err == nil {
					err = s.run(ctx, r.seed+number)
				}
				if err != nil {
					record(s, comparison{}, err)
					continue
				}
				a, err := s.check(ctx, r.store)
				record(s, a, errors.Join(err, r.waitForProjection(ctx, s.ticketID)))
			}
		})
	}
	r.plan.setArmed(true)
	for number := range n {
		if !report.TimeLeft() {
			record(nil, comparison{}, fmt.Errorf("the deadline of the check came after %d of %d tickets", number, n))
			break
		}
		next <- uint64(number)
	}
	close(next)
	wg.Wait()
	return scenarios, found, errors.Join(errs...)
}

// newCustomer signs up a customer without notifications, because delivery is not under
// test.
func (r *run) newCustomer(ctx context.Context) (*client.User, error) {
	user, err := r.api.SignUp(ctx, client.RandomPhone(), "Sara Customer")
	if err != nil {
		return nil, err
	}
	response, err := user.Do(ctx, http.MethodPatch, "/profile", client.Fields{"notifications": client.Fields{"email": false, "sms": false}})
	if err != nil {
		return nil, err
	}
	return user, response.Decode(http.StatusOK, nil)
}

// newScenario creates the ticket of a scenario.
func (r *run) newScenario(ctx context.Context, customer *client.User) (*scenario, error) {
	opened, err := customer.OpenTicket(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &scenario{ticketID: opened.ID, customer: customer, agent: r.agent}, nil
}

// startRun starts a stack with the fault observer, and builds what the run needs.
func startRun(t *testing.T, observe awsproxy.Observer) *run {
	t.Helper()
	return startMeasuredRun(t, observe, nil)
}

// startMeasuredRun is startRun, and calls consumed with the units of each call.
func startMeasuredRun(t *testing.T, observe awsproxy.Observer, consumed func(awsproxy.Call, float64, float64)) *run {
	t.Helper()
	r := &run{}
	var log io.Writer
	if testing.Verbose() {
		log = os.Stderr
	}
	var err error
	r.stack, err = stack.Start(t.Context(), stack.Options{
		InMemory: true, Seed: seed.Seed, Log: log, Observer: observe, Consumed: consumed, MaxInstances: 24, Parameters: stack.HighLimits(),
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

// tableOf returns the stack's table, without fault injection.
func tableOf(s *stack.Stack) (*dynamo.Store, error) {
	env := app.NewEnv(func(name string) (string, bool) {
		value, given := map[string]string{
			"AWS_ENDPOINT_URL": s.DynamoDBURL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
		}[name]
		return value, given
	})
	config := env.AWS("DYNAMODB")
	return dynamo.New(config, s.TableName, app.Now), env.Err()
}

// faultSeed returns FAULT_SEED, or a random seed.
func faultSeed(t *testing.T) uint64 {
	t.Helper()
	given := os.Getenv("FAULT_SEED")
	if given == "" {
		return rand.Uint64()
	}
	s, err := strconv.ParseUint(given, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func record(t *testing.T, l report.Result) {
	t.Helper()
	l.Check = "faults"
	if err := report.Record(l); err != nil {
		t.Error(err)
	}
}
