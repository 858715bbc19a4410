package contract

import (
	"strings"
	"testing"

	"ticketsystem/infra"
	"ticketsystem/localstack/testkit/schema"
)

// parseDocument parses a document that infra embeds.
func parseDocument(t *testing.T, load func() ([]byte, error)) *schema.Document {
	t.Helper()
	text, err := load()
	if err != nil {
		t.Fatal(err)
	}
	document, err := schema.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestAsyncAPI_ReferencesResolve(t *testing.T) {
	document := parseDocument(t, infra.AsyncAPI)
	walk(document.Root, "", func(pointer string, object map[string]any) {
		reference, ok := object["$ref"].(string)
		if ok && (!strings.HasPrefix(reference, "#/") || document.Resolve(object) == nil) {
			t.Errorf("%s: got $ref %q, want one that resolves", pointer, reference)
		}
	})
}

// TestAsyncAPI_MessagesComplete checks that each message has a summary and valid examples,
// names itself in action or type, and belongs to a channel.
func TestAsyncAPI_MessagesComplete(t *testing.T) {
	document := parseDocument(t, infra.AsyncAPI)
	used := map[string]bool{}
	for _, channel := range schema.Map(document.Root, "channels") {
		for name := range schema.Map(channel, "messages") {
			used[name] = true
		}
	}
	for name, message := range schema.Map(document.Root, "components", "messages") {
		side, kind, _ := strings.Cut(name, ".")
		key := map[string]string{"action": "action", "frame": "type"}[side]
		if schema.Map(message, "payload", "properties", key)["const"] != kind || schema.Map(message)["title"] != kind || schema.Map(message)["summary"] == nil || !used[name] {
			t.Errorf("%s: got no summary, no channel, or another name in %s", name, key)
		}
		want := document.Compile(schema.Map(message, "payload"))
		examples, _ := schema.Map(message)["examples"].([]any)
		if len(examples) == 0 {
			t.Errorf("%s: got no example", name)
		}
		for _, example := range examples {
			if want == nil {
				t.Fatal(document.Err())
			}
			if err := want.Validate(schema.Map(example)["payload"]); err != nil {
				t.Errorf("%s: the example does not match: %v", name, err)
			}
		}
	}
}
