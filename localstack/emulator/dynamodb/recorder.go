package dynamodb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Recorder counts the capacity units of calls by partition key, of the table and of each index.
// It is an http.RoundTripper in front of the engine, and reads each item before and after a write.
type Recorder struct {
	Table Table
	URL   string // of the engine
	Base  http.RoundTripper

	mu       sync.Mutex
	calls    int
	read     Units
	written  Units
	reported float64 // write units that the engine reports
	refused  float64 // write units of refused conditions, which the engine does not report
	records  []map[string]any
}

// Usage is what a Recorder has counted.
type Usage struct {
	Calls         int
	Read, Written Units
	Reported      float64 // write units according to the engine, without Refused
	Refused       float64 // write units of refused conditions
}

// Usage returns what was counted since the start.
func (r *Recorder) Usage() Usage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Usage{r.calls, maps.Clone(r.read), maps.Clone(r.written), r.reported, r.refused}
}

// Reset forgets what was counted.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls, r.read, r.written, r.reported, r.refused = 0, nil, nil, 0, 0
}

// Records returns the stream records of the writes since the last call, in their order.
func (r *Recorder) Records() []map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	records := r.records
	r.records = nil
	return records
}

// RoundTrip implements http.RoundTripper. It makes one call at a time.
func (r *Recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err := errors.Join(err, request.Body.Close()); err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	r.mu.Lock()
	defer r.mu.Unlock()
	writes := parseWrites(operation, body)
	before, err := r.images(request.Context(), writes)
	if err != nil {
		return nil, err
	}
	response, answer, err := r.forward(request, body)
	if err != nil {
		return nil, err
	}
	r.calls++
	if len(writes) == 0 {
		r.countRead(operation, body, answer)
		return response, nil
	}
	return response, r.countWrites(request.Context(), operation, writes, before, response.StatusCode, answer)
}

// forward sends the request, which asks for the consumed capacity.
func (r *Recorder) forward(request *http.Request, body []byte) (*http.Response, []byte, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) == nil {
		fields["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
		body, _ = json.Marshal(fields) // parsed before
	}
	request = request.Clone(request.Context())
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response, err := r.Base.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	answer, err := io.ReadAll(response.Body)
	err = errors.Join(err, response.Body.Close())
	response.Body = io.NopCloser(bytes.NewReader(answer))
	return response, answer, err
}

// PartitionCondition is the comparison with the partition key, which is the first one.
var PartitionCondition = regexp.MustCompile(`^\s*[#\w]+\s*=\s*(:\w+)`)

func (r *Recorder) countRead(operation string, body, answer []byte) {
	var request struct {
		RequestItems map[string]struct {
			Keys           []Item
			ConsistentRead bool
		}
	}
	var result struct {
		ConsumedCapacity json.RawMessage
		Responses        map[string][]Item
	}
	if json.Unmarshal(body, &request) != nil || json.Unmarshal(answer, &result) != nil {
		return
	}
	if r.read == nil {
		r.read = Units{}
	}
	var consumed struct{ CapacityUnits float64 }
	_ = json.Unmarshal(result.ConsumedCapacity, &consumed) // a list for BatchGetItem
	switch operation {
	case "GetItem", "Query":
		r.read[readKey(r.Table, body)] += consumed.CapacityUnits
	case "BatchGetItem":
		for name, list := range request.RequestItems {
			sizes := map[string]int{}
			for _, i := range result.Responses[name] {
				sizes[r.Table.keyOf(i)] = itemSize(i)
			}
			for _, k := range list.Keys {
				r.read[PartitionKey{Value: r.Table.partitionOf(k)}] += readUnits(sizes[r.Table.keyOf(k)], list.ConsistentRead)
			}
		}
	}
}

// write is one item that a call writes.
type write struct {
	table string
	key   Item
	put   Item // nil for an update or a deletion
	kind  string
}

// target is the item of a call or of a part of it.
type target struct {
	TableName string
	Key, Item Item
}

func (t target) write(kind, table string) write {
	w := write{table: table, key: t.Key, put: t.Item, kind: kind}
	if t.Item != nil {
		w.key = Item{"PK": t.Item["PK"], "SK": t.Item["SK"]}
	}
	return w
}

// parseWrites returns the items that a call writes, none for a read.
func parseWrites(operation string, body []byte) (all []write) {
	switch operation {
	case "PutItem", "UpdateItem", "DeleteItem":
		var one target
		if json.Unmarshal(body, &one) == nil {
			all = append(all, one.write(strings.TrimSuffix(operation, "Item"), one.TableName))
		}
	case "TransactWriteItems":
		var request struct{ TransactItems []map[string]target }
		_ = json.Unmarshal(body, &request) // the engine returns the error
		for _, part := range request.TransactItems {
			for kind, on := range part {
				all = append(all, on.write(kind, on.TableName))
			}
		}
	case "BatchWriteItem":
		var request struct {
			RequestItems map[string][]struct{ PutRequest, DeleteRequest *target }
		}
		_ = json.Unmarshal(body, &request) // the engine returns the error
		for table, list := range request.RequestItems {
			for _, part := range list {
				if part.PutRequest != nil {
					all = append(all, part.PutRequest.write("Put", table))
				} else if part.DeleteRequest != nil {
					all = append(all, part.DeleteRequest.write("Delete", table))
				}
			}
		}
	}
	return all
}

func (t Table) keyOf(i Item) string {
	return text(i[t.KeySchema[0].AttributeName]) + "\x00" + text(i[t.KeySchema[1].AttributeName])
}

// images returns the stored items of writes.
func (r *Recorder) images(ctx context.Context, writes []write) (map[string]Item, error) {
	return storedItems(ctx, client{r.URL}, r.Table, writes)
}

// maxBatchGet is the limit of DynamoDB.
const maxBatchGet = 100

func storedItems(ctx context.Context, c client, table Table, writes []write) (map[string]Item, error) {
	found := map[string]Item{}
	for some := range slices.Chunk(writes, maxBatchGet) {
		keys := make([]Item, len(some))
		for i, w := range some {
			keys[i] = w.key
		}
		name := some[0].table
		request := map[string]any{"RequestItems": map[string]any{name: map[string]any{"Keys": keys, "ConsistentRead": true}}}
		var response struct{ Responses map[string][]Item }
		if err := c.call(ctx, "BatchGetItem", request, &response); err != nil {
			return nil, err
		}
		for _, i := range response.Responses[name] {
			found[table.keyOf(i)] = i
		}
	}
	return found, nil
}

// countWrites counts writes that were made or refused. A refused condition is charged too.
func (r *Recorder) countWrites(ctx context.Context, operation string, writes []write, before map[string]Item, status int, answer []byte) error {
	if r.written == nil {
		r.written = Units{}
	}
	after := before
	var err error
	if status == http.StatusOK {
		r.reported += ConsumedUnits(answer)
		if after, err = r.images(ctx, writes); err != nil {
			return err
		}
	} else if !bytes.Contains(answer, []byte("ConditionalCheckFailed")) {
		return nil
	}
	for _, w := range writes {
		k := r.Table.keyOf(w.key)
		old, replaced := before[k], after[k]
		units := r.Table.WriteUnits(old, replaced, operation == "TransactWriteItems")
		if old == nil && replaced == nil { // a deletion of nothing, a refused insertion
			units = r.Table.WriteUnits(w.key, nil, operation == "TransactWriteItems")
		}
		r.written.add(units)
		if status != http.StatusOK {
			r.refused += units.Total()
		}
		r.addRecord(w, old, replaced)
	}
	return nil
}

// ConsumedUnits returns the capacity units of an answer, which reports one table or a list.
func ConsumedUnits(answer []byte) (units float64) {
	type consumed struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity consumed }
	var list struct{ ConsumedCapacity []consumed }
	if json.Unmarshal(answer, &one) == nil {
		return one.ConsumedCapacity.CapacityUnits
	}
	_ = json.Unmarshal(answer, &list)
	for _, table := range list.ConsumedCapacity {
		units += table.CapacityUnits
	}
	return units
}

// addRecord adds the stream record of a write that has changed an item.
func (r *Recorder) addRecord(w write, old, replaced Item) {
	if equalJSON(old, replaced) {
		return
	}
	name := "MODIFY"
	switch {
	case old == nil:
		name = "INSERT"
	case replaced == nil:
		name = "REMOVE"
	}
	number := strconv.Itoa(r.calls*1000 + len(r.records))
	change := map[string]any{"Keys": w.key, "SequenceNumber": number, "ApproximateCreationDateTime": 0, "StreamViewType": "NEW_AND_OLD_IMAGES"}
	if old != nil {
		change["OldImage"] = old
	}
	if replaced != nil {
		change["NewImage"] = replaced
	}
	r.records = append(r.records, map[string]any{"eventID": fmt.Sprint("event-", number), "eventName": name, "dynamodb": change})
}
