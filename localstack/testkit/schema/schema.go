// Package schema compiles the JSON schemas of openapi.yaml and asyncapi.yaml. Objects are
// closed: a field that the document does not list is a violation.
package schema

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// base is the base URI of the component schemas.
const base = "mem:///document.json"

// Document is a parsed OpenAPI or AsyncAPI document whose references are all internal.
type Document struct {
	Root map[string]any

	js    *jsonschema.Compiler
	count int
	err   error
}

// Parse parses a document in JSON.
func Parse(text []byte) (*Document, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &Document{Root: Map(parsed), js: jsonschema.NewCompiler()}
	schemas := map[string]any{}
	for name, schema := range Map(d.Root, "components", "schemas") {
		schemas[name], schemas["open."+name] = closed(schema, false), closed(schema, true)
	}
	d.js.DefaultDraft(jsonschema.Draft2020)
	return d, d.js.AddResource(base, map[string]any{"schemas": schemas})
}

// Compile compiles a schema that may refer to the components. After an error it returns nil;
// Err returns the first error.
func (d *Document) Compile(schema any) *jsonschema.Schema {
	if d.err != nil {
		return nil
	}
	d.count++
	name := fmt.Sprintf("mem:///schema-%d.json", d.count)
	if d.err = d.js.AddResource(name, closed(schema, false)); d.err != nil {
		return nil
	}
	var out *jsonschema.Schema
	out, d.err = d.js.Compile(name)
	return out
}

// Err returns the first error of Compile.
func (d *Document) Err() error { return d.err }

// Resolve returns the object that a reference names, or the node itself if it is none.
func (d *Document) Resolve(node any) map[string]any {
	object := Map(node)
	if ref, ok := object["$ref"].(string); ok {
		return Map(d.Root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return object
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
			value = base + "#/schemas/" + name
		case "properties":
			members := map[string]any{}
			for name, member := range Map(value) {
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

// Map returns the mapping at path, nil if there is none.
func Map(node any, path ...string) map[string]any {
	for _, key := range path {
		node = Map(node)[key]
	}
	out, _ := node.(map[string]any)
	return out
}
