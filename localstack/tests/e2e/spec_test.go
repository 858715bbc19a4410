package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ticketsystem/infra"
	"ticketsystem/localstack/testkit/client"
)

// specCheck validates every response and frame that the suite receives against openapi.yaml.
// Objects are closed: a field that the document does not list is a violation.
type specCheck struct {
	operations map[string]responses // by "GET /tickets/{id}"
	problem    *jsonschema.Schema
	frames     map[string]*jsonschema.Schema // by type

	mu         sync.Mutex
	violations []string
}

// responses holds the schemas of an operation by status and media type.
type responses map[string]map[string]*jsonschema.Schema

func newSpecCheck() (*specCheck, error) {
	text, err := infra.OpenAPI()
	if err != nil {
		return nil, err
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	document, _ := parsed.(map[string]any)
	schemas := map[string]any{}
	for name, schema := range mapAt(document, "components", "schemas") {
		schemas[name], schemas["open."+name] = closed(schema, false), closed(schema, true)
	}
	c := schemaCompiler{jsonschema.NewCompiler(), 0, nil}
	c.js.DefaultDraft(jsonschema.Draft2020)
	c.err = c.js.AddResource(schemaBase, map[string]any{"schemas": schemas})
	check := &specCheck{operations: map[string]responses{}, frames: map[string]*jsonschema.Schema{}}
	check.problem = c.compile(map[string]any{"$ref": "#/components/schemas/Problem"})
	for kind, frame := range mapAt(document, "x-websocket", "server") {
		check.frames[kind] = c.compile(mapAt(frame, "schema"))
	}
	for path, item := range mapAt(document, "paths") {
		for method, operation := range mapAt(item) {
			if method == "parameters" {
				continue
			}
			byStatus := responses{}
			for status, response := range mapAt(operation, "responses") {
				byStatus[status] = c.content(document, mapAt(response))
			}
			check.operations[strings.ToUpper(method)+" "+path] = byStatus
		}
	}
	return check, c.err
}

// schemaBase is the base URI of the component schemas.
const schemaBase = "mem:///openapi.json"

// schemaCompiler compiles schemas that refer to the components. It keeps the first error.
type schemaCompiler struct {
	js    *jsonschema.Compiler
	count int
	err   error
}

func (c *schemaCompiler) compile(schema any) *jsonschema.Schema {
	if c.err != nil {
		return nil
	}
	c.count++
	name := fmt.Sprintf("mem:///schema-%d.json", c.count)
	if c.err = c.js.AddResource(name, closed(schema, false)); c.err != nil {
		return nil
	}
	var out *jsonschema.Schema
	out, c.err = c.js.Compile(name)
	return out
}

// content compiles the schemas of a response by media type. A nil schema accepts any body.
func (c *schemaCompiler) content(document, response map[string]any) map[string]*jsonschema.Schema {
	if ref, ok := response["$ref"].(string); ok {
		response = mapAt(document, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	out := map[string]*jsonschema.Schema{}
	for media, content := range mapAt(response, "content") {
		out[media] = nil
		if schema, ok := mapAt(content)["schema"]; ok && strings.HasSuffix(media, "json") {
			out[media] = c.compile(schema)
		}
	}
	return out
}

// closed copies a schema and forbids fields that it does not list. An open
// schema is a member of an allOf, whose siblings list further fields.
func closed(schema any, open bool) any {
	in, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	out := map[string]any{}
	for key, value := range in {
		switch key {
		case "$ref":
			_, name, _ := strings.Cut(fmt.Sprint(value), "#/components/schemas/")
			if open {
				name = "open." + name
			}
			value = schemaBase + "#/schemas/" + name
		case "properties":
			members := map[string]any{}
			for name, member := range mapAt(value) {
				members[name] = closed(member, false)
			}
			value = members
		case "items", "additionalProperties":
			value = closed(value, false)
		case "allOf", "anyOf", "oneOf":
			var members []any
			list, _ := value.([]any)
			for _, member := range list {
				members = append(members, closed(member, open || key == "allOf"))
			}
			value = members
		}
		out[key] = value
	}
	if _, listed := in["additionalProperties"]; !open && !listed && (in["properties"] != nil || in["allOf"] != nil) {
		out["unevaluatedProperties"] = false
	}
	return out
}

// mapAt returns the mapping at path, nil if there is none.
func mapAt(node any, path ...string) map[string]any {
	for _, key := range path {
		node = mapAt(node)[key]
	}
	out, _ := node.(map[string]any)
	return out
}

// ObserveResponse records a violation if the body does not match the operation's schema.
func (c *specCheck) ObserveResponse(method, path string, r client.Response) {
	path, _, _ = strings.Cut(path, "?")
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	var schema *jsonschema.Schema
	if responses, known := c.operations[method+" "+c.template(method, path)]; known {
		byMedia, listed := responses[fmt.Sprint(r.Status)]
		if !listed {
			byMedia = responses["default"]
		}
		if len(r.Body) == 0 && (len(byMedia) == 0 || method == http.MethodHead) {
			return
		}
		if isGatewayError(r) {
			return
		}
		if schema, listed = byMedia[media]; !listed {
			c.record("%s %s: got %d with a %s body, want one of the documented media types", method, path, r.Status, media)
			return
		}
	} else if media == "application/problem+json" {
		schema = c.problem
	}
	if schema != nil {
		c.validate(fmt.Sprintf("%s %s: %d", method, path, r.Status), schema, r.Body)
	}
}

// isGatewayError reports whether the response is one of API Gateway itself, such as that to a
// crash of the function.
func isGatewayError(r client.Response) bool {
	var body map[string]string
	return r.Status >= http.StatusBadRequest && json.Unmarshal(r.Body, &body) == nil && len(body) == 1 && body["message"] != ""
}

// template returns the path of the document that a request path belongs to.
func (c *specCheck) template(method, path string) string {
	if _, known := c.operations[method+" "+path]; known {
		return path
	}
	parts := strings.Split(path, "/")
	if len(parts) > 2 {
		parts[2] = "{id}"
	}
	return strings.Join(parts, "/")
}

// ObserveFrame records a violation if a frame of the server does not match its schema.
func (c *specCheck) ObserveFrame(text []byte) {
	frame, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		c.record("frame %.200s: %v", text, err)
		return
	}
	kind, _ := mapAt(frame)["type"].(string)
	if c.frames[kind] == nil {
		// API Gateway's own error frames have no type.
		if kind != "" {
			c.record("frame %.200s: type %q is not documented", text, kind)
		}
		return
	}
	c.validate("frame "+kind, c.frames[kind], text)
}

func (c *specCheck) validate(what string, schema *jsonschema.Schema, text []byte) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		c.record("%s: %v\n%.600s", what, err, text)
	}
}

func (c *specCheck) record(format string, values ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text := fmt.Sprintf(format, values...); len(c.violations) < 20 && !slices.Contains(c.violations, text) {
		c.violations = append(c.violations, text)
	}
}

// err reports the violations of the run.
func (c *specCheck) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.violations) == 0 {
		return nil
	}
	return fmt.Errorf("responses that infra/openapi.yaml does not describe:\n%s", strings.Join(c.violations, "\n"))
}

// TestSpecCheck_UnknownField checks that the suite notices fields that openapi.yaml does not list.
func TestSpecCheck_UnknownField(t *testing.T) {
	t.Parallel()
	for name, observe := range map[string]func(c *specCheck, field string){
		"response": func(c *specCheck, field string) {
			c.ObserveResponse(http.MethodGet, "/health", jsonResponse(`{"state":"ok","version":"v1"`+field+`}`))
		},
		"problem": func(c *specCheck, field string) {
			problem := jsonResponse(`{"type":"t","title":"t","status":404,"code":"not_found"` + field + `}`)
			problem.Status, problem.Header = http.StatusNotFound, http.Header{"Content-Type": {"application/problem+json"}}
			c.ObserveResponse(http.MethodGet, "/tickets/1", problem)
		},
		"frame": func(c *specCheck, field string) {
			c.ObserveFrame([]byte(`{"type":"unsubscribed","action":"unsubscribe","topic":"queue"` + field + `}`))
		},
		"nested frame": func(c *specCheck, field string) {
			c.ObserveFrame([]byte(`{"type":"typing","ticketId":"01BX5ZZKBKACTAV9WEVGEMMVRZ","user":{"id":"01BX5ZZKBKACTAV9WEVGEMMVRZ","name":"S","role":"user"` + field + `}}`))
		},
	} {
		for field, want := range map[string]bool{"": false, `,"unknown":1`: true} {
			c, err := newSpecCheck()
			if err != nil {
				t.Fatal(err)
			}
			if observe(c, field); (c.err() != nil) != want {
				t.Errorf("%s with %q: got %v, want a violation: %v", name, field, c.err(), want)
			}
		}
	}
}

func jsonResponse(body string) client.Response {
	return client.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
}
