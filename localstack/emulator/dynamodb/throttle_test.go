package dynamodb

import (
	"context"
	"encoding/json"
	"testing"
	"time"
)

// testTable has an index that projects row.
func testTable() Table {
	index := Index{IndexName: "queue", KeySchema: []key{{"q", "HASH"}, {"w", "RANGE"}}}
	index.Projection.NonKeyAttributes = []string{"row"}
	return Table{TableName: "t", KeySchema: []key{{"PK", "HASH"}, {"SK", "RANGE"}}, GlobalSecondaryIndexes: []Index{index}}
}

func stringItem(pairs ...string) Item {
	i := Item{}
	for n := 0; n < len(pairs); n += 2 {
		i[pairs[n]] = map[string]any{"S": pairs[n+1]}
	}
	return i
}

func TestWriteUnits(t *testing.T) {
	table := testTable()
	old := stringItem("PK", "a", "SK", "1", "q", "0", "w", "5", "row", "x")
	queue, moved := PartitionKey{"queue", "0"}, PartitionKey{"queue", "0#1"}
	for name, c := range map[string]struct {
		before, after Item
		want          Units
	}{
		"new":                  {nil, old, Units{{Value: "a"}: 1, queue: 1}},
		"unchanged":            {old, old, Units{{Value: "a"}: 1}},
		"not in the index":     {nil, stringItem("PK", "a", "SK", "1", "q", "0"), Units{{Value: "a"}: 1}},
		"other attribute":      {old, stringItem("PK", "a", "SK", "1", "q", "0", "w", "5", "row", "x", "z", "1"), Units{{Value: "a"}: 1}},
		"projected attribute":  {old, stringItem("PK", "a", "SK", "1", "q", "0", "w", "5", "row", "y"), Units{{Value: "a"}: 1, queue: 1}},
		"range key":            {old, stringItem("PK", "a", "SK", "1", "q", "0", "w", "6", "row", "x"), Units{{Value: "a"}: 1, queue: 2}},
		"other shard":          {old, stringItem("PK", "a", "SK", "1", "q", "0#1", "w", "5", "row", "x"), Units{{Value: "a"}: 1, queue: 1, moved: 1}},
		"deleted":              {old, nil, Units{{Value: "a"}: 1, queue: 1}},
		"larger than one unit": {nil, stringItem("PK", "a", "SK", "1", "z", string(make([]byte, 1500))), Units{{Value: "a"}: 2}},
	} {
		if got := table.WriteUnits(c.before, c.after, false); got.Total() != c.want.Total() || got[queue] != c.want[queue] || got[moved] != c.want[moved] {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if got := table.WriteUnits(nil, old, true); got[PartitionKey{Value: "a"}] != 2 || got[queue] != 1 {
		t.Errorf("in a transaction: got %v, want 2 for the table and 1 for the index", got)
	}
}

// TestThrottle fills a key of an index: writes of the table that change it are refused until the
// bucket is filled again, and others are not.
func TestThrottle(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	stored := map[string]Item{}
	throttle := &Throttle{Table: testTable(), Read: 4, Write: 10, Now: func() time.Time { return now }}
	throttle.stored = func(context.Context, []write) (map[string]Item, error) { return stored, nil }
	refused := func(operation string, request map[string]any) bool {
		t.Helper()
		body, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		refused, err := throttle.Refuses(t.Context(), operation, body)
		if err != nil {
			t.Fatal(err)
		}
		return refused
	}
	put := func(pk, q string) bool {
		t.Helper()
		return refused("PutItem", map[string]any{"TableName": "t", "Item": stringItem("PK", pk, "SK", "1", "q", q, "w", "1")})
	}
	for i := range 10 {
		if put(string(rune('a'+i)), "0") {
			t.Fatalf("write %d is refused", i)
		}
	}
	if !put("z", "0") {
		t.Error("a write to the full key of the index is accepted")
	}
	if put("z", "0#1") {
		t.Error("a write to another key of the index is refused")
	}
	if now = now.Add(100 * time.Millisecond); put("z", "0") || !put("z", "0") {
		t.Error("a tenth of a second gives other than one unit")
	}
	query := map[string]any{"TableName": "t", "KeyConditionExpression": "PK = :pk", "ExpressionAttributeValues": stringItem(":pk", "a")}
	body, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	if refused("Query", query) {
		t.Error("a read is refused because of writes")
	}
	throttle.ChargeRead(body, 4)
	if !refused("Query", query) {
		t.Error("a read of a full key is accepted")
	}
	if got := throttle.Refused(); got[PartitionKey{"queue", "0"}] != 2 || got[PartitionKey{Value: "a"}] != 1 {
		t.Errorf("got %v", got)
	}
}
