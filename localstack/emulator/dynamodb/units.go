package dynamodb

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
)

// Item is an item in the JSON of DynamoDB.
type Item = map[string]any

// PartitionKey is a partition key of the table, or of an index if Index is not empty.
type PartitionKey struct{ Index, Value string }

// Units are the capacity units that a call uses, by partition key.
type Units map[PartitionKey]float64

func (u Units) add(other Units) {
	for key, n := range other {
		u[key] += n
	}
}

// Total returns the sum over all keys.
func (u Units) Total() (sum float64) {
	for _, n := range u {
		sum += n
	}
	return sum
}

// WriteUnits returns the write units of replacing one item by another, as DynamoDB charges
// them. before is nil for a new item, after for a deleted one. A transaction doubles the units
// of the table only.
func (t Table) WriteUnits(before, after Item, transactional bool) Units {
	n := max(kilobytes(itemSize(before)), kilobytes(itemSize(after)), 1)
	if transactional {
		n *= 2
	}
	u := Units{{Value: t.partitionOf(before, after)}: n}
	for _, index := range t.GlobalSecondaryIndexes {
		u.add(index.writeUnits(t.KeySchema, before, after))
	}
	return u
}

func (t Table) partitionOf(items ...Item) string {
	for _, i := range items {
		if i != nil {
			return text(i[t.KeySchema[0].AttributeName])
		}
	}
	return ""
}

// writeUnits returns the units of an index. A changed key is a deletion and an insertion.
func (x Index) writeUnits(tableKey []key, before, after Item) Units {
	old, replacement := x.project(tableKey, before), x.project(tableKey, after)
	from, to := PartitionKey{x.IndexName, text(old[x.KeySchema[0].AttributeName])}, PartitionKey{x.IndexName, text(replacement[x.KeySchema[0].AttributeName])}
	sameKey := !slices.ContainsFunc(x.KeySchema, func(k key) bool {
		return !reflect.DeepEqual(old[k.AttributeName], replacement[k.AttributeName])
	})
	u := Units{}
	switch {
	case old == nil && replacement == nil, reflect.DeepEqual(old, replacement):
	case old != nil && replacement != nil && sameKey:
		u[to] = max(kilobytes(itemSize(old)), kilobytes(itemSize(replacement)))
	default:
		if old != nil {
			u[from] += kilobytes(itemSize(old))
		}
		if replacement != nil {
			u[to] += kilobytes(itemSize(replacement))
		}
	}
	return u
}

// project returns what the index stores of an item, nil if it lacks a key attribute.
func (x Index) project(tableKey []key, i Item) Item {
	projected := Item{}
	for _, k := range slices.Concat(x.KeySchema, tableKey) {
		value, found := i[k.AttributeName]
		if !found {
			return nil
		}
		projected[k.AttributeName] = value
	}
	for _, name := range x.Projection.NonKeyAttributes {
		if value, found := i[name]; found {
			projected[name] = value
		}
	}
	return projected
}

func text(value any) string {
	s, _ := asMap(value)["S"].(string)
	return s
}

// kilobytes rounds a size up to units of a write.
func kilobytes(size int) float64 { return float64((size + 1023) / 1024) }

// readUnits returns the units of a read of so many bytes.
func readUnits(size int, consistent bool) float64 {
	n := max(float64((size+4095)/4096), 1)
	if !consistent {
		n /= 2
	}
	return n
}

// itemSize returns the size of an item by the rules of DynamoDB.
func itemSize(i Item) (size int) {
	for name, value := range i {
		size += len(name) + valueSize(value)
	}
	return size
}

func valueSize(value any) int {
	for kind, content := range asMap(value) {
		switch content := content.(type) {
		case string:
			switch kind {
			case "N":
				return numberSize(content)
			case "B":
				return base64.StdEncoding.DecodedLen(len(content))
			}
			return len(content)
		case map[string]any: // M
			return 3 + len(content) + itemSize(content)
		case []any: // L or a set
			return listSize(kind, content)
		}
	}
	return 1 // BOOL, NULL
}

func listSize(kind string, list []any) (size int) {
	if kind == "L" {
		size = 3 + len(list)
	}
	for _, one := range list {
		member, isText := one.(string)
		switch {
		case !isText:
			size += valueSize(one)
		case kind == "NS":
			size += numberSize(member)
		default:
			size += len(member)
		}
	}
	return size
}

// numberSize is one byte for two digits and one more.
func numberSize(n string) int {
	digits := strings.Trim(strings.ReplaceAll(strings.TrimPrefix(n, "-"), ".", ""), "0")
	return (len(digits)+1)/2 + 1 + strings.Count(n[:min(1, len(n))], "-")
}
