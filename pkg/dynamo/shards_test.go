package dynamo

import (
	"crypto/rand"
	"testing"
	"time"

	"ticketsystem/pkg/id"
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
