// Package contract holds the test that the OpenAPI document, the template, the
// functions and the table of errors say the same.
package contract

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"ticketsystem/localstack/template"
	"ticketsystem/pkg/fault"
)

const (
	root      = "../.."
	mostLines = 25 // of a main.go, which only wires
)

// load reads the template and the OpenAPI document.
func load(t *testing.T) (*template.Template, map[string]any) {
	t.Helper()
	stack, err := template.Load(filepath.Join(root, "template.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing is deployed here, so a resource stands for itself.
	stack.Attribute = func(resource *template.Resource, _ string) (any, error) { return resource.ID, nil }
	text, err := os.ReadFile(filepath.Join(root, "infra", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatalf("infra/openapi.yaml: %v", err)
	}
	return stack, document
}

// functions are the template's functions.
func functions(t *testing.T, stack *template.Template) []template.Function {
	t.Helper()
	all, err := stack.Functions()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("template.yaml: got no functions, want some")
	}
	return all
}

// equal wants two sets to be the same and names what only one of them has.
func equal(t *testing.T, what, leftName string, left []string, rightName string, right []string) {
	t.Helper()
	for _, list := range []struct {
		name        string
		mine, other []string
		otherName   string
	}{{leftName, left, right, rightName}, {rightName, right, left, leftName}} {
		seen := map[string]bool{}
		for _, item := range list.mine {
			if seen[item] {
				t.Errorf("%s %q: got it twice in %s, want it once", what, item, list.name)
			}
			seen[item] = true
			if !slices.Contains(list.other, item) {
				t.Errorf("%s %q: got it in %s alone, want it in %s too", what, item, list.name, list.otherName)
			}
		}
	}
}

func TestRoutesAndOperationsAgree(t *testing.T) {
	stack, document := load(t)
	var routes []string
	for _, function := range functions(t, stack) {
		for _, event := range function.Events {
			path, _ := event.Properties["Path"].(string)
			if event.Type == "HttpApi" && path != "" && path != "$default" {
				routes = append(routes, strings.ToUpper(template.Text(event.Properties["Method"]))+" "+path)
			}
		}
	}
	var operations []string
	for name := range eachOperation(document) {
		operations = append(operations, name)
	}
	equal(t, "route", "template.yaml", routes, "infra/openapi.yaml", operations)
}

// eachOperation lists the document's operations by method and path.
func eachOperation(document map[string]any) map[string]map[string]any {
	all := map[string]map[string]any{}
	for path, item := range template.Map(document["paths"]) {
		for method, operation := range template.Map(item) {
			if method != "parameters" {
				all[strings.ToUpper(method)+" "+path] = template.Map(operation)
			}
		}
	}
	return all
}

func TestSocketRoutesAndFramesAgree(t *testing.T) {
	stack, document := load(t)
	sockets, err := stack.Resources("AWS::Serverless::WebSocketApi")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, socket := range sockets {
		for route := range template.Map(socket.Properties["Routes"]) {
			if !strings.HasPrefix(route, "$") {
				routes = append(routes, route)
			}
		}
	}
	frames := slices.Collect(maps.Keys(template.Map(template.Map(document["x-websocket"])["client"])))
	equal(t, "socket action", "template.yaml", routes, "infra/openapi.yaml", frames)
}

func TestEveryFunctionHasItsFolder(t *testing.T) {
	stack, _ := load(t)
	var declared []string
	for _, function := range functions(t, stack) {
		declared = append(declared, function.Folder)
	}
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, file := range mains {
		folders = append(folders, filepath.Base(filepath.Dir(file)))
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > mostLines {
			t.Errorf("functions/%s/main.go: got %d lines, want at most %d", folders[len(folders)-1], lines, mostLines)
		}
	}
	equal(t, "function", "template.yaml", declared, "functions/", folders)
}

func TestErrorCodesAgree(t *testing.T) {
	_, document := load(t)
	var declared, known []string
	code := at(document, "components", "schemas", "ErrorCode", "enum")
	declared = template.Strings(code)
	for _, kind := range fault.Kinds() {
		known = append(known, string(kind))
	}
	equal(t, "error code", "pkg/fault", known, "infra/openapi.yaml", declared)
}

// at walks down mappings.
func at(node any, path ...string) any {
	for _, key := range path {
		node = template.Map(node)[key]
	}
	return node
}

func TestReferencesOfTheDocumentResolve(t *testing.T) {
	_, document := load(t)
	each(document, "", func(place string, object map[string]any) {
		reference, ok := object["$ref"].(string)
		if !ok {
			return
		}
		path, inside := strings.CutPrefix(reference, "#/")
		if !inside || at(document, strings.Split(path, "/")...) == nil {
			t.Errorf("%s: got $ref %q, want one that resolves in this document", place, reference)
		}
	})
}

// each visits every mapping of a document.
func each(node any, place string, visit func(place string, object map[string]any)) {
	switch node := node.(type) {
	case map[string]any:
		visit(place, node)
		for key, child := range node {
			each(child, place+"/"+key, visit)
		}
	case []any:
		for i, child := range node {
			each(child, fmt.Sprintf("%s/%d", place, i), visit)
		}
	}
}

func TestOperationsAreComplete(t *testing.T) {
	_, document := load(t)
	ids := map[string]string{}
	for name, operation := range eachOperation(document) {
		id, _ := operation["operationId"].(string)
		if other, taken := ids[id]; taken || id == "" {
			t.Errorf("%s: got operationId %q, want one of its own (%s)", name, id, other)
		}
		ids[id] = name
		responses := template.Map(operation["responses"])
		if responses["default"] == nil {
			t.Errorf("%s: got no default response, want the problem document", name)
		}
		_, path, _ := strings.Cut(name, " ")
		open := operation["security"] != nil && len(template.List(operation["security"])) == 0
		if !open && responses["401"] == nil {
			t.Errorf("%s: got no 401, want one on a private route", name)
		}
		if strings.Contains(path, "{id}") && responses["404"] == nil {
			t.Errorf("%s: got no 404, want one for what does not exist", name)
		}
		if strings.HasPrefix(name, "POST ") && !takesKey(operation) {
			t.Errorf("%s: got no Idempotency-Key, want it on every POST", name)
		}
	}
}

func takesKey(operation map[string]any) bool {
	for _, parameter := range template.List(operation["parameters"]) {
		if template.Map(parameter)["$ref"] == "#/components/parameters/IdempotencyKey" {
			return true
		}
	}
	return false
}
