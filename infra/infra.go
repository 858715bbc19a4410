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

// OpenAPI returns openapi.yaml as JSON.
func OpenAPI() ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPI, &document); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return json.Marshal(document)
}

// ViewerPage is the HTML page that displays /openapi.json. It loads docs/redoc.js.
//
//go:embed viewer/index.html
var ViewerPage []byte

// ViewerScript is the gzipped script of the page: bundles/redoc.standalone.js of the npm
// package redoc 2.5.4 (MIT, see viewer/LICENSE), unchanged. It is embedded so that the page
// loads nothing from other hosts.
//
//go:embed viewer/redoc-2.5.4.js.gz
var ViewerScript []byte

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
