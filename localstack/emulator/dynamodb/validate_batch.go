package dynamodb

import (
	"encoding/json"
	"strings"
)

// batch is the part of a batch request for one table.
type batch struct {
	keys []map[string]value // those of puts with the other attributes
	puts []expression
}

func parseBatch(operation string, request json.RawMessage) batch {
	switch operation {
	case "BatchGetItem":
		var reads struct{ Keys []map[string]value }
		_ = json.Unmarshal(request, &reads) // the engine reports it
		return batch{keys: reads.Keys}
	case "BatchWriteItem":
		var writes []struct {
			PutRequest    expression
			DeleteRequest struct{ Key map[string]value }
		}
		_ = json.Unmarshal(request, &writes)
		var b batch
		for _, w := range writes {
			b.puts = append(b.puts, w.PutRequest)
			if b.keys = append(b.keys, w.DeleteRequest.Key); w.PutRequest.Item != nil {
				b.keys[len(b.keys)-1] = w.PutRequest.Item
			}
		}
		return b
	}
	return batch{}
}

// hasDuplicates reports whether two items have the same key in the table.
func (t Table) hasDuplicates(items []map[string]value) bool {
	found := map[string]bool{}
	for _, i := range items {
		var parts []string
		for _, k := range t.KeySchema {
			if v := i[k.AttributeName]; v.S != nil {
				parts = append(parts, *v.S)
			}
		}
		k := strings.Join(parts, "\x00")
		if found[k] {
			return true
		}
		found[k] = true
	}
	return false
}
