package contract

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"ticketsystem/infra"
	"ticketsystem/localstack/testkit/schema"
)

// TestOpenAPI_NoNullValues finds descriptions that YAML reads as more keys: an
// unquoted comma inside braces ends the text and starts a key without a value.
func TestOpenAPI_NoNullValues(t *testing.T) {
	for _, name := range []string{"openapi.yaml", "asyncapi.yaml"} {
		source := readFile(t, filepath.Join(root, "infra", name))
		var document yaml.Node
		if err := yaml.Unmarshal(source, &document); err != nil {
			t.Fatal(err)
		}
		findNullValues(t, name, &document)
	}
}

func findNullValues(t *testing.T, name string, document *yaml.Node) {
	t.Helper()
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 1 && child.Tag == "!!null" && child.Value == "" {
				t.Errorf("%s:%d: %q has no value; quote the text before it", name, child.Line, n.Content[i-1].Value)
			}
			walk(child)
		}
	}
	walk(document)
}

// TestOpenAPI_Examples checks that each JSON body of a request and of a response has an example
// that matches its schema. Objects are closed, so an example has no field of the past.
func TestOpenAPI_Examples(t *testing.T) {
	document := parseDocument(t, infra.OpenAPI)
	check := func(what string, body any) {
		for media, content := range schema.Map(document.Resolve(body), "content") {
			if !strings.HasSuffix(media, "json") {
				continue
			}
			want := document.Compile(schema.Map(content)["schema"])
			if want == nil {
				t.Fatalf("%s: %v", what, document.Err())
			}
			examples := map[string]any{}
			if example, ok := schema.Map(content)["example"]; ok {
				examples["example"] = example
			}
			for name, example := range schema.Map(content, "examples") {
				examples[name] = document.Resolve(example)["value"]
			}
			if len(examples) == 0 {
				t.Errorf("%s: got no example", what)
			}
			for name, example := range examples {
				if err := want.Validate(example); err != nil {
					t.Errorf("%s: %s does not match the schema: %v", what, name, err)
				}
			}
		}
	}
	for name, operation := range eachOperation(document.Root) {
		if body := operation["requestBody"]; body != nil {
			check(name+" request", body)
		}
		for status, response := range schema.Map(operation, "responses") {
			check(name+" "+status, response)
		}
	}
}

// TestOpenAPI_EnumsTyped checks that generated clients get a type for each enum.
func TestOpenAPI_EnumsTyped(t *testing.T) {
	for _, load := range []func() ([]byte, error){infra.OpenAPI, infra.AsyncAPI} {
		walk(parseDocument(t, load).Root, "", func(pointer string, object map[string]any) {
			if _, isList := object["enum"].([]any); isList && object["type"] == nil {
				t.Errorf("%s: got an enum without a type", pointer)
			}
		})
	}
}

// TestOpenAPI_FieldsTyped checks that a generated client gets a type for each field: an empty
// schema becomes unknown, and an object without fields accepts none.
func TestOpenAPI_FieldsTyped(t *testing.T) {
	schemas := schema.Map(parseDocument(t, infra.OpenAPI).Root["components"])["schemas"]
	walk(schemas, "", func(pointer string, object map[string]any) {
		for name, field := range schema.Map(object["properties"]) {
			if len(schema.Map(field)) == 0 {
				t.Errorf("%s: %s has no type", pointer, name)
			}
		}
		types, _ := object["type"].([]any)
		isObject := object["type"] == "object" || slices.Contains(types, any("object"))
		if isObject && object["properties"] == nil && object["additionalProperties"] == nil {
			t.Errorf("%s: got an object without fields", pointer)
		}
	})
}

// TestOpenAPI_SchemaNames checks the names that clients are generated with.
func TestOpenAPI_SchemaNames(t *testing.T) {
	schemas := schema.Map(schema.Map(parseDocument(t, infra.OpenAPI).Root["components"])["schemas"])
	for _, name := range []string{"AuditRecord", "UserSummary", "Ref", "Percentiles", "DeliveryCounts"} {
		if schemas[name] == nil {
			t.Errorf("got no schema %s", name)
		}
	}
}

// TestOpenAPI_RequiredFields checks that fields that are always sent are required.
func TestOpenAPI_RequiredFields(t *testing.T) {
	schemas := schema.Map(schema.Map(parseDocument(t, infra.OpenAPI).Root["components"])["schemas"])
	for _, name := range []string{"User", "UserSummary", "Page", "NotificationPreferences"} {
		required, _ := schema.Map(schemas[name])["required"].([]any)
		for field := range schema.Map(schema.Map(schemas[name])["properties"]) {
			if !slices.Contains(required, any(field)) {
				t.Errorf("%s: %s is not required", name, field)
			}
		}
	}
}

// TestOpenAPI_IfMatch checks that the document names If-Match and 412 for each write to a ticket:
// all but those of its messages and read markers. The end-to-end suite tries each.
func TestOpenAPI_IfMatch(t *testing.T) {
	conditional := func(o map[string]any) bool {
		parameters, _ := o["parameters"].([]any)
		return slices.ContainsFunc(parameters, func(p any) bool { return schema.Map(p)["$ref"] == "#/components/parameters/IfMatch" })
	}
	for name, operation := range eachOperation(parseDocument(t, infra.OpenAPI).Root) {
		method, path, _ := strings.Cut(name, " ")
		want := method != "GET" && strings.HasPrefix(path, "/tickets/{id}") && path != "/tickets/{id}/messages" && path != "/tickets/{id}/read"
		if conditional(operation) != want || (schema.Map(operation["responses"])["412"] != nil) != want {
			t.Errorf("%s: want If-Match and 412: %v", name, want)
		}
	}
}

// TestOpenAPI_LimitsOfUsers checks that the operations with a limit per user list 429.
func TestOpenAPI_LimitsOfUsers(t *testing.T) {
	operations := eachOperation(parseDocument(t, infra.OpenAPI).Root)
	for _, name := range []string{
		"POST /tickets", "PATCH /tickets/{id}", "POST /tickets/{id}/close", "POST /tickets/{id}/reopen", "POST /tickets/{id}/status",
		"POST /tickets/{id}/assign", "POST /tickets/{id}/messages", "POST /attachments", "PATCH /profile", "GET /me/export", "POST /push/subscriptions",
	} {
		if schema.Map(operations[name]["responses"])["429"] == nil {
			t.Errorf("%s: got no response 429", name)
		}
	}
}
