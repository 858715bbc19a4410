package dynamo

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketsystem/pkg/awstest"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/stats"
)

func TestShardOf_Even(t *testing.T) {
	newID := id.NewGenerator(time.Now, rand.Reader)
	const ids = 64_000
	for _, shards := range []int{1, 2, 16, 32, 64} {
		counts := make([]int, shards)
		for range ids {
			counts[shardOf(newID(), shards)]++
		}
		for shard, n := range counts {
			if mean := ids / shards; n < mean*4/5 || n > mean*6/5 {
				t.Errorf("shard %d of %d has %d of %d ids", shard, shards, n, ids)
			}
		}
	}
}

func TestParseShardCount(t *testing.T) {
	for text, want := range map[string]ShardCount{"1": {1, 0}, "64": {64, 0}, "8/32": {8, 32}, "8/8": {8, 8}} {
		if got, err := ParseShardCount(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "65", "x", "8/", "/8", "8/4", "8/0", "8/99", "1/2/3"} {
		if got, err := ParseShardCount(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

// row is an item of a shard, in the JSON of DynamoDB.
type row struct{ PK, SK struct{ S string } }

// queryRows answers a query of one shard, with as many rows as it asks for. Each letter of a shard
// is the sort key of a row.
func queryRows(shards []string, body string) awstest.Response {
	var in struct {
		ExpressionAttributeValues map[string]struct{ S string }
		ExclusiveStartKey         *row
		Limit                     int
		ScanIndexForward          *bool
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		return awstest.Response{Status: 500}
	}
	var out struct {
		Items            []row
		LastEvaluatedKey *row `json:",omitempty"`
	}
	shard := in.ExpressionAttributeValues[":hash"].S
	from, to := in.ExpressionAttributeValues[":from"].S, in.ExpressionAttributeValues[":to"].S
	letters := strings.Split(shards[shard[0]-'0'], "")
	descending := in.ScanIndexForward != nil && !*in.ScanIndexForward
	if descending {
		slices.Reverse(letters)
	}
	for _, letter := range letters {
		started := in.ExclusiveStartKey == nil || letter > in.ExclusiveStartKey.SK.S
		if descending {
			started = in.ExclusiveStartKey == nil || letter < in.ExclusiveStartKey.SK.S
		}
		if !started || letter < from || to != "" && letter > to {
			continue
		}
		var r row
		r.PK.S, r.SK.S = shard, letter
		if out.Items = append(out.Items, r); len(out.Items) == in.Limit {
			out.LastEvaluatedKey = &r
			break
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return awstest.Response{Status: 500}
	}
	return awstest.Response{Status: 200, Body: string(text)}
}

// TestQueryShards lists rows that are spread in different ways over three shards, with pages of
// every size. Each row is listed once and in order, wherever a page or a shard ends.
func TestQueryShards(t *testing.T) {
	for _, shards := range [][]string{
		{"", "", ""}, {"abcdef", "", ""}, {"", "abcdef", ""}, {"", "", "abcdef"}, {"ab", "cd", "ef"}, {"ef", "cd", "ab"}, {"", "ace", "bdf"},
		{"f", "abcde", ""}, {"a", "", "bcdef"}, {"abc", "abc", "abc"}, {"ad", "abcd", "d"}, {"abcdefghijklmnopqrst", "u", ""}, {"u", "abcdefghijklmnopqrst", "b"},
	} {
		server := awstest.New(t, func(r awstest.Request) awstest.Response { return queryRows(shards, r.Body) })
		store := New(server.Config, "table", time.Now)
		for _, descending := range []bool{false, true} {
			q := shardQuery{hash: "PK", sort: "SK", shards: []string{"0", "1", "2"}, descending: descending}
			var want []string
			for shard, letters := range shards {
				for _, letter := range letters {
					want = append(want, fmt.Sprintf("%c%d", letter, shard))
				}
			}
			slices.SortStableFunc(want, func(a, b string) int {
				if descending {
					a, b = b, a
				}
				return cmp.Compare(a[:1], b[:1])
			})
			for n := 1; n <= len(want)+1; n++ {
				if got := listRows(t, store, q, n); !slices.Equal(got, want) {
					t.Errorf("%q, descending %v, %d in a page: got %v, want %v", shards, descending, n, got, want)
				}
			}
		}
	}
}

// listRows returns the sort key and the shard of all rows of a list.
func listRows(t *testing.T, store *Store, q shardQuery, n int) (rows []string) {
	t.Helper()
	var cursor map[string]string
	for range 100 {
		items, next, err := store.queryShards(t.Context(), q, cursor, n)
		if err != nil || len(items) > n {
			t.Fatalf("got %d items, %v", len(items), err)
		}
		for _, i := range items {
			rows = append(rows, stringOf(i, "SK")+stringOf(i, "PK"))
		}
		if cursor = next; cursor == nil {
			return rows
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// TestStatsTransaction_Shards checks that each ticket is counted in one shard, and that all shards
// are used.
func TestStatsTransaction_Shards(t *testing.T) {
	const shards = 8
	store := New(awstest.Config(), "table", time.Now)
	store.Shards.Stats = ShardCount{Write: shards}
	newID, used := id.NewGenerator(time.Now, rand.Reader), map[string]bool{}
	for range 1000 {
		tx := store.statsTransaction([]stats.Update{{
			After: stats.Checkpoint{TicketID: newID(), LastSeq: 1},
			Delta: stats.Delta{Slots: map[stats.Slot]stats.Counts{{At: "2026-03-01", CategoryID: "c"}: {"new": 1}}, Backlog: stats.Counts{"s_new": 1}},
		}})
		counted := map[string]bool{}
		for _, write := range tx.items {
			if write.Update != nil {
				counted[stringOf(write.Update.Key, "PK")] = true
			}
		}
		if len(counted) != 1 {
			t.Fatalf("a ticket is counted in %v", counted)
		}
		for shard := range counted {
			used[shard] = true
		}
	}
	if len(used) != shards {
		t.Errorf("the tickets are counted in %d shards, want %d: %v", len(used), shards, used)
	}
}
