package dynamodb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// Replica is a copy of the table that lags up to half a second. Every other read that
// is not strongly consistent gets its data, as a read of DynamoDB may.
type Replica struct {
	client client
	table  Table
	reads  atomic.Int64
}

// StartReplica creates a replica of an existing table, which follows its stream until
// ctx ends.
func (e *Engine) StartReplica(ctx context.Context, table Table, stream string, logf func(string, ...any)) (*Replica, error) {
	r := &Replica{client: client{e.URL}, table: table}
	r.table.TableName, r.table.StreamSpecification, r.table.TimeToLiveSpecification = table.TableName+"-replica", nil, nil
	if _, _, err := e.EnsureTable(ctx, r.table); err != nil {
		return nil, err
	}
	s := &Stream{URL: e.URL, ARN: stream, NewTable: true, Logf: logf, Invoke: func(ctx context.Context, _ string, payload []byte) ([]byte, error) {
		return nil, r.apply(ctx, payload)
	}}
	go s.Run(ctx, Mapping{ID: "replica", BatchSize: 1000, FromStart: true, MaxRetries: -1})
	return r, nil
}

// apply makes the changes of stream records. It is safe to repeat.
func (r *Replica) apply(ctx context.Context, payload []byte) error {
	var event struct {
		Records []struct {
			Dynamodb struct{ Keys, NewImage map[string]any }
		}
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		return err
	}
	// A batch writes each key once, so only the newest record of a key counts.
	writes, seen := []map[string]any{}, map[string]bool{}
	for _, record := range slices.Backward(event.Records) {
		id := fmt.Sprint(record.Dynamodb.Keys)
		if seen[id] {
			continue
		}
		seen[id] = true
		write := map[string]any{"DeleteRequest": map[string]any{"Key": record.Dynamodb.Keys}}
		if record.Dynamodb.NewImage != nil {
			write = map[string]any{"PutRequest": map[string]any{"Item": record.Dynamodb.NewImage}}
		}
		writes = append(writes, write)
	}
	for batch := range slices.Chunk(writes, 25) {
		request := map[string]any{"RequestItems": map[string]any{r.table.TableName: batch}}
		if err := r.client.call(ctx, "BatchWriteItem", request, &struct{}{}); err != nil {
			return err
		}
	}
	return nil
}

// Redirect returns the body of a read that gets data of the replica, or the unchanged
// body. Only reads of one item or one query are redirected.
func (r *Replica) Redirect(operation string, body []byte) []byte {
	if operation != "GetItem" && operation != "Query" {
		return body
	}
	var request map[string]json.RawMessage
	if json.Unmarshal(body, &request) != nil || string(request["ConsistentRead"]) == "true" || r.reads.Add(1)%2 == 0 {
		return body
	}
	name := strings.TrimSuffix(r.table.TableName, "-replica")
	if string(request["TableName"]) != `"`+name+`"` {
		return body
	}
	request["TableName"] = json.RawMessage(`"` + r.table.TableName + `"`)
	redirected, err := json.Marshal(request)
	if err != nil {
		return body
	}
	return redirected
}
