package conformance

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	emulator "ticketsystem/localstack/emulator/dynamodb"
	"ticketsystem/localstack/emulator/lambda"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/emulator/stack"
	"ticketsystem/pkg/account"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ws"
)

// consumer runs the two functions that read the stream, with the settings of the
// template, and injects failures.
type consumer struct {
	workload      *workload
	mappings      []emulator.Mapping
	poisonRecords map[string]string // sequence numbers of records that crash the function

	mu          sync.Mutex
	rng         *rand.Rand // nil for no failures
	failures    map[string]int
	invocations int
	faults      int
	redelivered int
	attempts    map[string]int // invocations with this record only, by function and sequence number
	deadLetters []string       // failure records, in Lambda's format
	jobs        map[notification.DeliveryJob]int
}

func newConsumer(t *testing.T, w *workload, rng *rand.Rand) *consumer {
	t.Helper()
	c := &consumer{workload: w, rng: rng, failures: map[string]int{}, attempts: map[string]int{}, jobs: map[notification.DeliveryJob]int{}}
	tpl, err := samtemplate.Load(root+"/template.yaml", nil)
	must(t, err)
	tpl.Attribute = func(r *samtemplate.Resource, _ string) (any, error) { return r.ID, nil }
	functions, err := tpl.Functions()
	must(t, err)
	for _, f := range functions {
		for _, e := range f.Events {
			if e.Type == "DynamoDB" {
				mapping, err := stack.ParseStreamMapping(f, e)
				must(t, err)
				c.mappings = append(c.mappings, mapping)
			}
		}
	}
	if len(c.mappings) != 2 {
		t.Fatalf("the template has %d functions that read the stream, want 2", len(c.mappings))
	}
	return c
}

// run passes the records to both functions until all are processed.
func (c *consumer) run(t *testing.T, records []map[string]any) {
	t.Helper()
	var wg sync.WaitGroup
	for i, mapping := range c.mappings {
		var rng *rand.Rand
		if c.rng != nil {
			rng = rand.New(rand.NewPCG(c.rng.Uint64(), uint64(i)))
		}
		wg.Go(func() {
			simulator := newStreamSimulator(records, rng)
			server := httptest.NewServer(simulator)
			defer server.Close()
			ctx, cancel := context.WithCancel(t.Context())
			reader := &emulator.Stream{URL: server.URL, ARN: "stream", NewTable: true, Invoke: c.invoke, Send: c.sendToDLQ, Logf: t.Logf}
			var readers sync.WaitGroup
			readers.Go(func() { reader.Run(ctx, mapping) })
			<-simulator.done
			cancel()
			readers.Wait()
			c.mu.Lock()
			c.redelivered += simulator.redelivered
			c.mu.Unlock()
		})
	}
	wg.Wait()
}

func (c *consumer) sendToDLQ(_, body string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadLetters = append(c.deadLetters, body)
	return nil
}

// Failure modes of an invocation.
const (
	noFailure         = iota
	deliveredTwice    // concurrently
	responseLost      // processed, but reported as failed
	crashed           // no requests after the first few
	unreliableNetwork // requests and responses are lost
	failureModes
)

func (c *consumer) chooseFailure(function, first string) (mode int, seed uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.invocations++
	if c.rng == nil || c.rng.IntN(2) == 0 || c.failures[function+first] == 3 {
		return noFailure, 0
	}
	if mode = c.rng.IntN(failureModes); mode != noFailure {
		c.faults++
	}
	if mode > deliveredTwice {
		c.failures[function+first]++ // fewer than the attempts set in the template
	}
	return mode, c.rng.Uint64()
}

func (c *consumer) invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, err
	}
	first := batch.Records[0].Change.SequenceNumber
	if len(batch.Records) == 1 {
		c.mu.Lock()
		c.attempts[function+" "+first]++
		c.mu.Unlock()
	}
	for _, r := range batch.Records {
		if _, fatal := c.poisonRecords[r.Change.SequenceNumber]; fatal {
			return nil, &lambda.FunctionError{Type: "Runtime.ExitError", Message: "signal: killed"}
		}
	}
	mode, seed := c.chooseFailure(function, first)
	config := env.config
	switch mode {
	case deliveredTwice:
		go func() { _, _ = c.handler(function, config)(ctx, batch) }()
	case crashed:
		config = unreliableConfig(0, 0, 1)
		config.HTTPClient = &limitedClient{next: env.config.HTTPClient, remaining: int64(seed % 40)}
	case unreliableNetwork:
		config = unreliableConfig(seed, 0.1, 1)
	}
	resp, err := c.handler(function, config)(ctx, batch)
	if err != nil || mode == responseLost || mode == crashed {
		return nil, &lambda.FunctionError{Type: "Runtime.ExitError", Message: "signal: killed"}
	}
	return json.Marshal(resp)
}

// limitedClient sends the first requests and fails all later ones.
type limitedClient struct {
	next      aws.HTTPClient
	remaining int64
}

func (c *limitedClient) Do(r *http.Request) (*http.Response, error) {
	if atomic.AddInt64(&c.remaining, -1) < 0 {
		return nil, errResponseLost
	}
	return c.next.Do(r)
}

// handler returns the handler of a function, wired as in its main.
func (c *consumer) handler(function string, config aws.Config) stream.BatchHandler {
	log, store := slog.New(slog.DiscardHandler), dynamo.New(config, c.workload.tableName, fixedNow)
	index := c.workload.searchIndex(store)
	if function == "stream-deliver" {
		hub := &realtime.Hub{Store: store, Pusher: noPush{}, Now: fixedNow}
		publisher := &ws.Publisher{Hub: hub, Revocations: account.NewRevocationCache(store, fixedNow), Log: log}
		return stream.NewBatchHandler(log, nil, dynamo.DecodeRecord, stream.PublishChanges(store, publisher), stream.PublishNotifications(publisher), stream.EnqueueDeliveries(c, 0))
	}
	notifier := &notification.Notifier{Store: store, Tickets: store, Users: store, Now: fixedNow}
	tickets := c.workload.service(store, fixedNow)
	return stream.NewBatchHandler(log, nil, dynamo.DecodeRecord, stream.ProjectTickets(tickets), stream.ScheduleTimers(store, automationPolicy()), stream.SyncUserCopies(store), stream.PropagateUser(store, index, tickets),
		stream.ProjectStats(&stats.Aggregator{Store: store}), stream.ProjectActivity(store),
		stream.InOrder(stream.CreateNotifications(notifier), stream.RecordNameReferences(store), stream.ReleaseTickets(store, store, tickets)), stream.IndexSearch(index),
		stream.PurgeDeleted(store, tickets, time.Hour), stream.RecordFiles(store), stream.ExpireReplacedPictures(store, fixedNow), stream.AckHeartbeat("stream-project", store))
}

// noPush is a Pusher without effect.
type noPush struct{}

func (noPush) Send(context.Context, string, []byte) error { return nil }

// Send implements the delivery queue.
func (c *consumer) Send(_ context.Context, _ time.Duration, jobs ...notification.DeliveryJob) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, job := range jobs {
		c.jobs[job]++
	}
	return nil
}
