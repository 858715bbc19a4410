package dynamodb

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"
)

// Throttle decides which calls DynamoDB would refuse because a partition key is full. Each key of
// the table and of an index has a token bucket for reads and one for writes. A full key of an index
// refuses the writes of the table that change it.
type Throttle struct {
	Table       Table
	Read, Write float64 // units of a key in a second; a bucket holds those of one second
	Now         func() time.Time

	stored func(ctx context.Context, writes []write) (map[string]Item, error)

	mu      sync.Mutex
	buckets map[bucketKey]*bucket
	refused map[PartitionKey]int
}

type bucketKey struct {
	PartitionKey
	writing bool
}

// bucket is overdrawn by the last call that it accepts.
type bucket struct {
	tokens float64
	filled time.Time
}

// NewThrottle returns a Throttle for a table of the engine at url.
func NewThrottle(table Table, url string, reads, writes float64) *Throttle {
	t := &Throttle{Table: table, Read: reads, Write: writes, Now: time.Now}
	t.stored = func(ctx context.Context, writes []write) (map[string]Item, error) {
		return storedItems(ctx, client{url}, table, writes)
	}
	return t
}

// Refuses reports whether a key of a call is full. Otherwise it charges the units of a write; those
// of a read are known after it, see ChargeRead.
func (t *Throttle) Refuses(ctx context.Context, operation string, body []byte) (bool, error) {
	writes := parseWrites(operation, body)
	units := Units{}
	if k := readKey(t.Table, body); len(writes) == 0 && k.Value != "" {
		units[k] = 0
	} else if len(writes) > 0 {
		before, err := t.stored(ctx, writes)
		if err != nil {
			return false, err
		}
		for _, w := range writes {
			old := before[t.Table.keyOf(w.key)]
			units.add(t.Table.WriteUnits(old, w.expected(old), operation == "TransactWriteItems"))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range units {
		if t.bucket(k, len(writes) > 0).tokens <= 0 {
			if t.refused == nil {
				t.refused = map[PartitionKey]int{}
			}
			t.refused[k]++
			return true, nil
		}
	}
	for k, n := range units {
		t.bucket(k, len(writes) > 0).tokens -= n
	}
	return false, nil
}

// ChargeRead charges the units of a read to its key.
func (t *Throttle) ChargeRead(body []byte, units float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := readKey(t.Table, body); k.Value != "" {
		t.bucket(k, false).tokens -= units
	}
}

// Refused returns how many calls each key has refused.
func (t *Throttle) Refused() map[PartitionKey]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.refused)
}

// bucket returns the bucket of a key, filled up to now.
func (t *Throttle) bucket(k PartitionKey, writing bool) *bucket {
	rate, id := t.Read, bucketKey{k, writing}
	if writing {
		rate = t.Write
	}
	if t.buckets == nil {
		t.buckets = map[bucketKey]*bucket{}
	}
	now := t.Now()
	b := t.buckets[id]
	if b == nil {
		b = &bucket{tokens: rate, filled: now}
		t.buckets[id] = b
	}
	b.tokens = min(rate, b.tokens+rate*now.Sub(b.filled).Seconds())
	b.filled = now
	return b
}

// expected returns the item after a write. That of an update is not known before the engine has
// made it; only the table is charged for it, because lists are written by puts.
func (w write) expected(old Item) Item {
	switch {
	case w.put != nil:
		return w.put
	case old == nil:
		return w.key
	case w.kind == "Delete":
		return nil
	}
	return old
}

// readKey returns the key that a read charges: of a BatchGetItem, which reads many, none.
func readKey(table Table, body []byte) PartitionKey {
	var request struct {
		IndexName                 string
		Key                       Item
		KeyConditionExpression    string
		ExpressionAttributeValues Item
	}
	_ = json.Unmarshal(body, &request) // the engine returns the error
	if match := PartitionCondition.FindStringSubmatch(request.KeyConditionExpression); match != nil {
		return PartitionKey{request.IndexName, text(request.ExpressionAttributeValues[match[1]])}
	}
	return PartitionKey{Value: table.partitionOf(request.Key)}
}
