package dynamodb

import (
	"path/filepath"
	"strings"
	"testing"

	"ticketsystem/localstack/repo"
)

// newTable returns a table definition with the given key and indexes.
func newTable(t *testing.T, key string, indexes ...string) Table {
	t.Helper()
	definitions := []any{map[string]any{"AttributeName": key, "AttributeType": "S"}}
	var list []any
	for _, name := range indexes {
		definitions = append(definitions, map[string]any{"AttributeName": name, "AttributeType": "S"})
		list = append(list, map[string]any{
			"IndexName": name, "KeySchema": []any{map[string]any{"AttributeName": name, "KeyType": "HASH"}},
			"Projection": map[string]any{"ProjectionType": "INCLUDE", "NonKeyAttributes": []any{"row"}},
		})
	}
	table, err := ParseTable(map[string]any{
		"AttributeDefinitions": definitions, "KeySchema": []any{map[string]any{"AttributeName": key, "KeyType": "HASH"}},
		"GlobalSecondaryIndexes": list, "StreamSpecification": map[string]any{"StreamViewType": "NEW_AND_OLD_IMAGES"},
		"TimeToLiveSpecification": map[string]any{"AttributeName": "ttl", "Enabled": true},
		"SSESpecification":        map[string]any{"SSEEnabled": true},
	}, "things")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestEnsureTable(t *testing.T) {
	cache := filepath.Join(repo.MustRoot(), ".cache")
	folder := t.TempDir()
	open := func() *Engine {
		url, err := FreeURL()
		if err != nil {
			t.Fatal(err)
		}
		e, err := Start(t.Context(), Config{CacheDir: cache, DataDir: folder, URL: url, Logf: t.Logf})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := open()
	created, stream, err := e.EnsureTable(t.Context(), newTable(t, "PK", "one"))
	if err != nil || !created || stream == "" {
		t.Fatalf("new: got %v, %q, %v", created, stream, err)
	}
	e.Close()
	e = open()
	defer e.Close()
	for _, indexes := range [][]string{{"one"}, {"one", "two"}, {"one", "two"}, {"one"}} {
		if created, _, err := e.EnsureTable(t.Context(), newTable(t, "PK", indexes...)); err != nil || created {
			t.Errorf("with indexes %v: got %v, %v, want the existing table", indexes, created, err)
		}
	}
	var existing tableDescription
	if err := (client{e.URL}).call(t.Context(), "DescribeTable", map[string]string{"TableName": "things"}, &existing); err != nil {
		t.Fatal(err)
	}
	if got := len(existing.Table.GlobalSecondaryIndexes); got != 2 {
		t.Errorf("got %d indexes, want 2", got)
	}
	other := newTable(t, "PK", "one")
	other.GlobalSecondaryIndexes[0].Projection.NonKeyAttributes = []string{"other"}
	for what, table := range map[string]Table{"its key": newTable(t, "ID"), "index one": other} {
		if _, _, err := e.EnsureTable(t.Context(), table); err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "make clean-data") {
			t.Errorf("%s: got %v", what, err)
		}
	}
}
