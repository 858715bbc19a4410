// Package infra carries the documents of this folder that functions serve.
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

// OpenAPI gives openapi.yaml as JSON.
func OpenAPI() ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPI, &document); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return json.Marshal(document)
}

// ViewerPage is the page that shows /openapi.json. It asks for docs/redoc.js.
//
//go:embed viewer/index.html
var ViewerPage []byte

// ViewerScript is the script of the page, gzipped: bundles/redoc.standalone.js
// of the npm package redoc 2.5.4 (MIT, see viewer/LICENSE) as it is, so that
// the page needs no other network.
//
//go:embed viewer/redoc-2.5.4.js.gz
var ViewerScript []byte

// Methods gives the HTTP methods of each path of openapi.yaml. A test holds the
// document to the routes of template.yaml.
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
