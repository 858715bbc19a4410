package conformance

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

// item is a DynamoDB item as plain Go values.
type item = map[string]any

// items returns all items of the table by key.
func (w *workload) items(t *testing.T) map[string]item {
	t.Helper()
	all := map[string]item{}
	in := &dynamodb.ScanInput{TableName: &w.tableName}
	for {
		out, err := dynamodb.NewFromConfig(env.config).Scan(t.Context(), in)
		must(t, err)
		for _, i := range out.Items {
			var it item
			must(t, attributevalue.UnmarshalMap(i, &it))
			all[fmt.Sprintf("%s|%s", it["PK"], it["SK"])] = it
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return all
		}
	}
}

// copyTo copies all items to another workload's table.
func (w *workload) copyTo(t *testing.T, other *workload) {
	t.Helper()
	other.ticketIDs, other.sara, other.mina, other.ali, other.reza, other.categoryIDs = w.ticketIDs, w.sara, w.mina, w.ali, w.reza, w.categoryIDs
	other.now = w.now
	in := &dynamodb.ScanInput{TableName: &w.tableName}
	for {
		out, err := dynamodb.NewFromConfig(env.config).Scan(t.Context(), in)
		must(t, err)
		var puts []types.WriteRequest
		for _, i := range out.Items {
			puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		}
		other.batchWrite(t, puts...)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return
		}
	}
}

func (w *workload) batchWrite(t *testing.T, writes ...types.WriteRequest) {
	t.Helper()
	for some := range slices.Chunk(writes, 25) {
		_, err := dynamodb.NewFromConfig(env.config).BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{w.tableName: some}})
		must(t, err)
	}
}

// statsTotals returns the statistics in the table, summed over all generations, without
// zeros.
func statsTotals(items map[string]item) map[string]float64 {
	sum := map[string]float64{}
	for _, it := range items {
		pk, sk := it["PK"].(string), it["SK"].(string)
		customer := strings.HasPrefix(sk, "~K")
		if kind, _, _ := strings.Cut(pk, "#"); !customer && kind != "STAT" || strings.HasPrefix(sk, "~C#") {
			continue
		}
		parts := strings.Split(sk, "#")
		named := map[byte]int{'C': 3, 'D': 3, '~': 1}[sk[0]] // parts before the generation
		if strings.Contains(sk, "#a") {
			named++
		}
		name := strings.Join(parts[:min(len(parts), named)], "#")
		switch {
		case customer:
			name = pk
		case strings.HasPrefix(sk, "~A#"):
			name = "~A#" + parts[1]
		case strings.HasPrefix(sk, "~AC#"):
			name = "~AC#" + parts[1]
		}
		for attribute, value := range it {
			if n, ok := value.(float64); ok && attribute != "ttl" {
				sum[name+" "+attribute] += n
			}
		}
	}
	maps.DeleteFunc(sum, func(_ string, n float64) bool { return n == 0 })
	return sum
}

// expectedTotals returns the statistics that the logs fold into.
func expectedTotals(logs map[string]ticket.Log) map[string]float64 {
	sum := map[string]float64{}
	for _, log := range logs {
		c, entries := stats.Checkpoint{}, log.Entries
		var all stats.Delta
		for c.LastSeq < len(entries) {
			var d stats.Delta
			c, d = stats.Fold(c, entries, log.ReadMarkers)
			all.Add(d)
		}
		if log.Deleted {
			_, d := stats.Remove(c)
			all.Add(d)
		}
		for slot, counts := range all.Slots {
			for name, n := range counts {
				sum[slotName(slot)+" "+name] += float64(n)
			}
		}
		for name, n := range all.Backlog {
			sum["~B "+name] += float64(n)
		}
	}
	maps.DeleteFunc(sum, func(_ string, n float64) bool { return n == 0 })
	return sum
}

// slotName returns the name that statsTotals gives a slot.
func slotName(slot stats.Slot) string {
	day := map[bool]string{true: "D#", false: "C#"}[len(slot.At) == len(time.DateOnly)] + slot.At
	switch {
	case slot.CustomerID != "":
		return "U#" + slot.CustomerID
	case slot.At == "" && slot.AgentID != "":
		return "~A#" + slot.AgentID
	case slot.At == "":
		return "~AC#" + slot.CategoryID
	case slot.AgentID != "":
		return day + "#c" + slot.CategoryID + "#a" + slot.AgentID
	}
	return day + "#c" + slot.CategoryID
}

// filterItems returns the items whose key satisfies keep, without revision and
// generation attributes.
func filterItems(items map[string]item, keep func(pk, sk string) bool) map[string]item {
	some := map[string]item{}
	for k, it := range items {
		if keep(it["PK"].(string), it["SK"].(string)) {
			it = maps.Clone(it)
			for _, name := range []string{"rev", "again", "ed", "ttl"} {
				delete(it, name)
			}
			some[k] = it
		}
	}
	return some
}

// diffItems returns the number of compared items and the items that differ.
func diffItems(got, want map[string]item) (compared int, diffs []string) {
	keys := maps.Clone(got)
	maps.Copy(keys, want)
	for k := range keys {
		if !reflect.DeepEqual(got[k], want[k]) {
			diffs = append(diffs, fmt.Sprintf("%s:\ngot  %v\nwant %v", k, got[k], want[k]))
		}
	}
	slices.Sort(diffs)
	return len(keys), diffs
}
