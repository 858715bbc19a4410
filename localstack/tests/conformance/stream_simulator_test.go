package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	emulator "ticketsystem/localstack/emulator/dynamodb"
)

// recordCollector collects the stream records of a workload's table.
type recordCollector struct {
	workload *workload
	stream   *emulator.Stream
	markers  int

	mu          sync.Mutex
	records     []map[string]any
	seenMarkers map[string]bool // markers that have arrived
}

func newRecordCollector(t *testing.T, w *workload) *recordCollector {
	t.Helper()
	out, err := dynamodb.NewFromConfig(env.config).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &w.tableName})
	must(t, err)
	collector := &recordCollector{workload: w, seenMarkers: map[string]bool{}}
	collector.stream = &emulator.Stream{URL: *env.config.BaseEndpoint, ARN: *out.Table.LatestStreamArn, NewTable: true, Logf: t.Logf, Invoke: collector.collect}
	ctx := t.Context()
	var wg sync.WaitGroup
	wg.Go(func() { collector.stream.Run(ctx, emulator.Mapping{ID: "recorder", BatchSize: 1000}) })
	t.Cleanup(wg.Wait) // the context ends first
	return collector
}

func (collector *recordCollector) collect(_ context.Context, _ string, payload []byte) ([]byte, error) {
	var batch struct{ Records []map[string]any }
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, err
	}
	collector.mu.Lock()
	defer collector.mu.Unlock()
	for _, r := range batch.Records {
		if pk := partitionKey(r); strings.HasPrefix(pk, "END") {
			collector.seenMarkers[pk] = true
		} else {
			collector.records = append(collector.records, r)
		}
	}
	return []byte("{}"), nil
}

func partitionKey(record map[string]any) string {
	keys := record["dynamodb"].(map[string]any)["Keys"].(map[string]any)
	return keys["PK"].(map[string]any)["S"].(string)
}

// drain returns the records since the last call, up to now.
func (collector *recordCollector) drain(t *testing.T) []map[string]any {
	t.Helper()
	collector.markers++
	marker := fmt.Sprint("END", collector.markers)
	collector.workload.batchWrite(t, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: marker}, "SK": &types.AttributeValueMemberS{Value: "-"},
	}}})
	for {
		collector.stream.Notify()
		collector.mu.Lock()
		if collector.seenMarkers[marker] {
			records := collector.records
			collector.records = nil
			collector.mu.Unlock()
			return records
		}
		collector.mu.Unlock()
		select {
		case <-t.Context().Done():
			t.Fatal("the stream does not deliver")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// streamSimulator is a DynamoDB stream served from records. With a rng it mixes
// partitions over shards, varies the page size and sometimes redelivers records, in
// order.
type streamSimulator struct {
	mu          sync.Mutex
	rng         *rand.Rand // nil for exact delivery
	shards      [][]map[string]any
	ended       map[int]bool
	redelivered int // records delivered again
	done        chan struct{}
}

func newStreamSimulator(records []map[string]any, rng *rand.Rand) *streamSimulator {
	s := &streamSimulator{rng: rng, shards: [][]map[string]any{records}, ended: map[int]bool{}, done: make(chan struct{})}
	if rng == nil {
		return s
	}
	s.shards = make([][]map[string]any, 3)
	partitions, keys := map[string][]map[string]any{}, []string{}
	for _, record := range records {
		pk := partitionKey(record)
		if partitions[pk] == nil {
			keys = append(keys, pk)
		}
		partitions[pk] = append(partitions[pk], record)
	}
	for shard := range s.shards {
		var remaining []string
		for i, pk := range keys {
			if i%len(s.shards) == shard {
				remaining = append(remaining, pk)
			}
		}
		for len(remaining) > 0 {
			i := rng.IntN(len(remaining))
			pk := remaining[i]
			s.shards[shard] = append(s.shards[shard], partitions[pk][0])
			if partitions[pk] = partitions[pk][1:]; len(partitions[pk]) == 0 {
				remaining = append(remaining[:i], remaining[i+1:]...)
			}
		}
	}
	return s
}

func (s *streamSimulator) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var in struct{ ShardId, ShardIterator string }
	if err := json.NewDecoder(request.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var resp any
	switch _, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), "."); operation {
	case "DescribeStream":
		var shards []map[string]string
		for i := range s.shards {
			shards = append(shards, map[string]string{"ShardId": strconv.Itoa(i)})
		}
		resp = map[string]any{"StreamDescription": map[string]any{"Shards": shards}}
	case "GetShardIterator":
		resp = map[string]any{"ShardIterator": in.ShardId + " 0"}
	default:
		resp = s.page(in.ShardIterator)
	}
	_ = json.NewEncoder(w).Encode(resp)
}

func (s *streamSimulator) page(iterator string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var shard, at int
	_, _ = fmt.Sscan(iterator, &shard, &at)
	all := s.shards[shard]
	if at == len(all) {
		if s.ended[shard] = true; len(s.ended) == len(s.shards) {
			select {
			case <-s.done:
			default:
				close(s.done)
			}
		}
	}
	end := len(all)
	if s.rng != nil {
		end = min(end, at+1+s.rng.IntN(25))
	}
	next := end
	if s.rng != nil && s.rng.IntN(6) == 0 && at < len(all) && s.redelivered < 2*len(all) {
		next = max(0, end-1-s.rng.IntN(30))
		s.redelivered += end - next
	}
	return map[string]any{"Records": all[at:end], "NextShardIterator": fmt.Sprint(shard, " ", next)}
}
