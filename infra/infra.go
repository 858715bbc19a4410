// Package infra embeds the documents that functions serve.
package infra

import (
	_ "embed" // the documents
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed openapi.yaml
var openAPI []byte

//go:embed asyncapi.yaml
var asyncAPI []byte

// schemaPrefix begins the references to schemas in both documents.
const schemaPrefix = "#/components/schemas/"

// OpenAPI returns openapi.yaml as JSON.
func OpenAPI() ([]byte, error) {
	document, _, err := parse("openapi.yaml", openAPI)
	if err != nil {
		return nil, err
	}
	return json.Marshal(document)
}

// AsyncAPI returns asyncapi.yaml as JSON. It includes the schemas of openapi.yaml that it
// refers to.
func AsyncAPI() ([]byte, error) {
	document, schemas, err := parse("asyncapi.yaml", asyncAPI)
	if err != nil {
		return nil, err
	}
	_, shared, err := parse("openapi.yaml", openAPI)
	if err != nil {
		return nil, err
	}
	copyReferenced(document, schemas, shared)
	return json.Marshal(document)
}

func parse(name string, text []byte) (document, schemas map[string]any, err error) {
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	components, _ := document["components"].(map[string]any)
	schemas, _ = components["schemas"].(map[string]any)
	return document, schemas, nil
}

// copyReferenced makes the references below node internal, and copies their schemas from
// shared to schemas.
func copyReferenced(node any, schemas, shared map[string]any) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			copyReferenced(child, schemas, shared)
		}
	case map[string]any:
		reference, _ := node["$ref"].(string)
		if name, ok := strings.CutPrefix(strings.TrimPrefix(reference, "openapi.yaml"), schemaPrefix); ok {
			node["$ref"] = schemaPrefix + name
			if schemas[name] == nil {
				schemas[name] = shared[name]
				copyReferenced(shared[name], schemas, shared)
			}
		}
		for _, child := range node {
			copyReferenced(child, schemas, shared)
		}
	}
}

// Methods returns the HTTP methods of each path of openapi.yaml. A contract test compares the
// document with the routes of template.yaml.
func Methods() (map[string][]string, error) {
	var document struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(openAPI, &document); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	methods := map[string][]string{}
	for path, operations := range document.Paths {
		for name := range operations {
			if name != "parameters" {
				methods[path] = append(methods[path], strings.ToUpper(name))
			}
		}
		slices.Sort(methods[path])
	}
	return methods, nil
}
