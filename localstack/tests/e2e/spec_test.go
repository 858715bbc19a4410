package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ticketsystem/infra"
	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/schema"
)

// specCheck validates every response and frame that the suite receives against openapi.yaml
// and asyncapi.yaml.
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
	api, err := parseDocument(infra.OpenAPI)
	if err != nil {
		return nil, err
	}
	frames, err := parseDocument(infra.AsyncAPI)
	if err != nil {
		return nil, err
	}
	check := &specCheck{operations: map[string]responses{}, frames: map[string]*jsonschema.Schema{}}
	check.problem = api.Compile(map[string]any{"$ref": "#/components/schemas/Problem"})
	for name, message := range schema.Map(frames.Root, "components", "messages") {
		if kind, ofServer := strings.CutPrefix(name, "frame."); ofServer {
			check.frames[kind] = frames.Compile(schema.Map(message, "payload"))
		}
	}
	for path, item := range schema.Map(api.Root, "paths") {
		for method, operation := range schema.Map(item) {
			if method == "parameters" {
				continue
			}
			byStatus := responses{}
			for status, response := range schema.Map(operation, "responses") {
				byStatus[status] = contentSchemas(api, response)
			}
			check.operations[strings.ToUpper(method)+" "+path] = byStatus
		}
	}
	return check, errors.Join(api.Err(), frames.Err())
}

func parseDocument(load func() ([]byte, error)) (*schema.Document, error) {
	text, err := load()
	if err != nil {
		return nil, err
	}
	return schema.Parse(text)
}

// contentSchemas compiles the schemas of a response by media type. A nil schema accepts any body.
func contentSchemas(d *schema.Document, response any) map[string]*jsonschema.Schema {
	out := map[string]*jsonschema.Schema{}
	for media, content := range schema.Map(d.Resolve(response), "content") {
		out[media] = nil
		if s, ok := schema.Map(content)["schema"]; ok && strings.HasSuffix(media, "json") {
			out[media] = d.Compile(s)
		}
	}
	return out
}

// ObserveResponse records a violation if the body does not match the operation's schema.
func (c *specCheck) ObserveResponse(method, path string, r client.Response) {
	path, _, _ = strings.Cut(path, "?")
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if r.Status == http.StatusTooManyRequests && media == "application/problem+json" && r.Header.Get("Retry-After") == "" {
		c.record("%s %s: got 429 without Retry-After: %s", method, path, r.Body)
	}
	var want *jsonschema.Schema
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
		if want, listed = byMedia[media]; !listed {
			c.record("%s %s: got %d with a %s body, want one of the documented media types", method, path, r.Status, media)
			return
		}
	} else if media == "application/problem+json" {
		want = c.problem
	}
	if want != nil {
		c.validate(fmt.Sprintf("%s %s: %d", method, path, r.Status), want, r.Body)
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
	kind, _ := schema.Map(frame)["type"].(string)
	if c.frames[kind] == nil {
		// API Gateway's own error frames have no type.
		if kind != "" {
			c.record("frame %.200s: type %q is not documented", text, kind)
		}
		return
	}
	c.validate("frame "+kind, c.frames[kind], text)
}

func (c *specCheck) validate(what string, want *jsonschema.Schema, text []byte) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = want.Validate(value)
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
	return fmt.Errorf("responses and frames that infra/openapi.yaml and infra/asyncapi.yaml do not describe:\n%s", strings.Join(c.violations, "\n"))
}

// TestSpecCheck_UnknownField checks that the suite notices fields that the documents do not list.
func TestSpecCheck_UnknownField(t *testing.T) {
	t.Parallel()
	for name, observe := range map[string]func(c *specCheck, field string){
		"response": func(c *specCheck, field string) {
			c.ObserveResponse(http.MethodGet, "/health", jsonResponse(`{"state":"ok","version":"v1"`+field+`}`))
		},
		"problem": func(c *specCheck, field string) {
			problem := jsonResponse(`{"type":"t","title":"t","status":404,"detail":"","code":"not_found","errors":[]` + field + `}`)
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
