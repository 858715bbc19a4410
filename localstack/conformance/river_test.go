package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/localstack/dynamo"
	"ticketsystem/localstack/lambda"
	"ticketsystem/localstack/stack"
	"ticketsystem/localstack/template"
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/realtime"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
)

// gauge collects what the stream of a plant's table tells.
type gauge struct {
	plant  *plant
	stream *dynamo.Stream
	ends   int

	mu      sync.Mutex
	records []map[string]any
	seen    map[string]bool // marks that have come by
}

func newGauge(t *testing.T, p *plant) *gauge {
	t.Helper()
	out, err := dynamodb.NewFromConfig(house.config).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &p.name})
	must(t, err)
	g := &gauge{plant: p, seen: map[string]bool{}}
	g.stream = &dynamo.Stream{URL: *house.config.BaseEndpoint, ARN: *out.Table.LatestStreamArn, New: true, Logf: t.Logf, Invoke: g.take}
	ctx := t.Context()
	var wait sync.WaitGroup
	wait.Go(func() { g.stream.Run(ctx, dynamo.Mapping{ID: "gauge", BatchSize: 1000}) })
	t.Cleanup(wait.Wait) // the context ends before
	return g
}

func (g *gauge) take(_ context.Context, _ string, payload []byte) ([]byte, error) {
	var batch struct{ Records []map[string]any }
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range batch.Records {
		if pk := partitionOf(r); strings.HasPrefix(pk, "END") {
			g.seen[pk] = true
		} else {
			g.records = append(g.records, r)
		}
	}
	return []byte("{}"), nil
}

func partitionOf(record map[string]any) string {
	keys := record["dynamodb"].(map[string]any)["Keys"].(map[string]any)
	return keys["PK"].(map[string]any)["S"].(string)
}

// drain gives the records since the last time, up to now.
func (g *gauge) drain(t *testing.T) []map[string]any {
	t.Helper()
	g.ends++
	mark := fmt.Sprint("END", g.ends)
	g.plant.write(t, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: mark}, "SK": &types.AttributeValueMemberS{Value: "-"},
	}}})
	for {
		g.stream.Wake()
		g.mu.Lock()
		if g.seen[mark] {
			records := g.records
			g.records = nil
			g.mu.Unlock()
			return records
		}
		g.mu.Unlock()
		select {
		case <-t.Context().Done():
			t.Fatal("the stream stands still")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// river is a stream as a mapping reads it, made of records. A wild one mixes
// partitions, cuts its pages as it likes and goes back now and then: what was
// read comes again, in its order.
type river struct {
	mu     sync.Mutex
	chance *rand.Rand // nil in a quiet one
	shards [][]map[string]any
	ended  map[int]bool
	again  int // records that came again
	done   chan struct{}
}

func newRiver(records []map[string]any, chance *rand.Rand) *river {
	r := &river{chance: chance, shards: [][]map[string]any{records}, ended: map[int]bool{}, done: make(chan struct{})}
	if chance == nil {
		return r
	}
	r.shards = make([][]map[string]any, 3)
	parts, names := map[string][]map[string]any{}, []string{}
	for _, record := range records {
		pk := partitionOf(record)
		if parts[pk] == nil {
			names = append(names, pk)
		}
		parts[pk] = append(parts[pk], record)
	}
	for shard := range r.shards {
		var mine []string
		for i, pk := range names {
			if i%len(r.shards) == shard {
				mine = append(mine, pk)
			}
		}
		for len(mine) > 0 {
			i := chance.IntN(len(mine))
			pk := mine[i]
			r.shards[shard] = append(r.shards[shard], parts[pk][0])
			if parts[pk] = parts[pk][1:]; len(parts[pk]) == 0 {
				mine = append(mine[:i], mine[i+1:]...)
			}
		}
	}
	return r
}

func (r *river) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var in struct{ ShardId, ShardIterator string }
	if err := json.NewDecoder(request.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var answer any
	switch _, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), "."); operation {
	case "DescribeStream":
		var shards []map[string]string
		for i := range r.shards {
			shards = append(shards, map[string]string{"ShardId": strconv.Itoa(i)})
		}
		answer = map[string]any{"StreamDescription": map[string]any{"Shards": shards}}
	case "GetShardIterator":
		answer = map[string]any{"ShardIterator": in.ShardId + " 0"}
	default:
		answer = r.page(in.ShardIterator)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (r *river) page(iterator string) map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	var shard, at int
	_, _ = fmt.Sscan(iterator, &shard, &at)
	all := r.shards[shard]
	if at == len(all) {
		if r.ended[shard] = true; len(r.ended) == len(r.shards) {
			select {
			case <-r.done:
			default:
				close(r.done)
			}
		}
	}
	end := len(all)
	if r.chance != nil {
		end = min(end, at+1+r.chance.IntN(25))
	}
	next := end
	if r.chance != nil && r.chance.IntN(6) == 0 && at < len(all) && r.again < 2*len(all) {
		next = max(0, end-1-r.chance.IntN(30))
		r.again += end - next
	}
	return map[string]any{"Records": all[at:end], "NextShardIterator": fmt.Sprint(shard, " ", next)}
}

// mill is the two functions that follow a stream, with the settings of the
// template, and what becomes of them on the way.
type mill struct {
	plant    *plant
	mappings []dynamo.Mapping
	poison   map[string]string // sequence numbers of records that the function dies of

	mu       sync.Mutex
	chance   *rand.Rand // nil where nothing goes wrong
	failed   map[string]int
	runs     int
	faults   int
	again    int
	attempts map[string]int // runs of one record alone, by function and number
	dead     []string       // what was given up, as Lambda tells of it
	orders   map[notification.Order]int
}

func newMill(t *testing.T, p *plant, chance *rand.Rand) *mill {
	t.Helper()
	m := &mill{plant: p, chance: chance, failed: map[string]int{}, attempts: map[string]int{}, orders: map[notification.Order]int{}}
	tpl, err := template.Load(root+"/template.yaml", nil)
	must(t, err)
	tpl.Attribute = func(r *template.Resource, _ string) (any, error) { return r.ID, nil }
	functions, err := tpl.Functions()
	must(t, err)
	for _, f := range functions {
		for _, e := range f.Events {
			if e.Type == "DynamoDB" {
				mapping, err := stack.StreamMapping(f, e)
				must(t, err)
				m.mappings = append(m.mappings, mapping)
			}
		}
	}
	if len(m.mappings) != 2 {
		t.Fatalf("the template has %d functions that follow the stream, want 2", len(m.mappings))
	}
	return m
}

// grind feeds both functions with records until they have taken all.
func (m *mill) grind(t *testing.T, records []map[string]any) {
	t.Helper()
	var wait sync.WaitGroup
	for i, mapping := range m.mappings {
		var chance *rand.Rand
		if m.chance != nil {
			chance = rand.New(rand.NewPCG(m.chance.Uint64(), uint64(i)))
		}
		wait.Go(func() {
			r := newRiver(records, chance)
			server := httptest.NewServer(r)
			defer server.Close()
			ctx, cancel := context.WithCancel(t.Context())
			s := &dynamo.Stream{URL: server.URL, ARN: "stream", New: true, Invoke: m.invoke, Send: m.giveUp, Logf: t.Logf}
			var running sync.WaitGroup
			running.Go(func() { s.Run(ctx, mapping) })
			<-r.done
			cancel()
			running.Wait()
			m.mu.Lock()
			m.again += r.again
			m.mu.Unlock()
		})
	}
	wait.Wait()
}

func (m *mill) giveUp(_, body string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = append(m.dead, body)
	return nil
}

// The fates of an invocation.
const (
	well    = iota
	twice   // at the same moment
	unheard // all is done, and nobody hears of it
	dying   // after some requests no more go out
	badNet  // requests and answers are lost
	fates
)

func (m *mill) fate(function, first string) (fate int, seed uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs++
	if m.chance == nil || m.chance.IntN(2) == 0 || m.failed[function+first] == 3 {
		return well, 0
	}
	if fate = m.chance.IntN(fates); fate != well {
		m.faults++
	}
	if fate > twice {
		m.failed[function+first]++ // below the attempts that the template grants
	}
	return fate, m.chance.Uint64()
}

func (m *mill) invoke(ctx context.Context, function string, payload []byte) ([]byte, error) {
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, err
	}
	first := batch.Records[0].Change.SequenceNumber
	if len(batch.Records) == 1 {
		m.mu.Lock()
		m.attempts[function+" "+first]++
		m.mu.Unlock()
	}
	for _, r := range batch.Records {
		if _, deadly := m.poison[r.Change.SequenceNumber]; deadly {
			return nil, &lambda.FunctionError{Type: "Runtime.ExitError", Message: "signal: killed"}
		}
	}
	fate, seed := m.fate(function, first)
	config := house.config
	switch fate {
	case twice:
		go func() { _, _ = m.handler(function, config)(ctx, batch) }()
	case dying:
		config = badLine(0, 0, 1)
		config.HTTPClient = &dyingClient{next: house.config.HTTPClient, left: int64(seed % 40)}
	case badNet:
		config = badLine(seed, 0.1, 1)
	}
	answer, err := m.handler(function, config)(ctx, batch)
	if err != nil || fate == unheard || fate == dying {
		return nil, &lambda.FunctionError{Type: "Runtime.ExitError", Message: "signal: killed"}
	}
	return json.Marshal(answer)
}

// dyingClient lets so many requests out, and no more.
type dyingClient struct {
	next aws.HTTPClient
	left int64
}

func (d *dyingClient) Do(r *http.Request) (*http.Response, error) {
	if atomic.AddInt64(&d.left, -1) < 0 {
		return nil, errLost
	}
	return d.next.Do(r)
}

// handler is a function as its main puts it together, over a table.
func (m *mill) handler(function string, config aws.Config) stream.Handler {
	log, store := slog.New(slog.DiscardHandler), table.New(config, m.plant.name, still)
	if function == "stream-deliver" {
		hub := &realtime.Hub{Store: store, Pusher: deaf{}, Now: still}
		news := &api.News{Hub: hub, Log: log}
		return stream.Handle(log, stream.Frames(store, news), stream.Shown(news), stream.Ordered(m, 0))
	}
	maker := &notification.Maker{Store: store, Tickets: store, People: store, Now: still}
	return stream.Handle(log, stream.Heads(m.plant.desk(store, still)), stream.Timers(store, patience()), stream.Copies(store), stream.Unname(store),
		stream.Counts(&stats.Counter{Store: store}), stream.Present(store), stream.Notices(maker), stream.Search(store),
		stream.Erase(store, &shredder{}), stream.Echo("stream-project", store))
}

// deaf is a Pusher to nobody.
type deaf struct{}

func (deaf) Post(context.Context, string, []byte) error { return nil }

// Send implements stream.Queue.
func (m *mill) Send(_ context.Context, _ time.Duration, orders ...notification.Order) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, o := range orders {
		m.orders[o]++
	}
	return nil
}
