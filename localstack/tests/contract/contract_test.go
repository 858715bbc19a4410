// Package contract checks that the OpenAPI document, the template, the functions and
// the error codes agree.
package contract

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"ticketsystem/infra"
	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/repo"
	"ticketsystem/localstack/testkit/schema"
	"ticketsystem/pkg/apperr"
)

const maxMainLines = 25 // of a main.go

var root = repo.MustRoot()

// Paths of the templates. seededbugs sets TEMPLATE_FILE and EDGE_FILE, because the compiler's
// overlay does not apply to files that a test reads.
var (
	templateFile = cmp.Or(os.Getenv("TEMPLATE_FILE"), filepath.Join(root, "template.yaml"))
	edgeFile     = cmp.Or(os.Getenv("EDGE_FILE"), filepath.Join(root, "infra", "edge.yaml"))
	capacityFile = filepath.Join(root, "infra", "capacity.yaml")
)

// load reads the template and the OpenAPI document.
func load(t *testing.T) (*samtemplate.Template, map[string]any) {
	t.Helper()
	stack, err := samtemplate.Load(templateFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing is deployed, so each resource is represented by its id.
	stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil }
	text := readFile(t, filepath.Join(root, "infra", "openapi.yaml"))
	var document map[string]any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatalf("infra/openapi.yaml: %v", err)
	}
	return stack, document
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// functions returns the template's functions.
func functions(t *testing.T, stack *samtemplate.Template) []samtemplate.Function {
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

// equalSets reports the elements that only one of the two sets has.
func equalSets(t *testing.T, what, leftName string, left []string, rightName string, right []string) {
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
				t.Errorf("%s %q: got it in %s only, want it in %s too", what, item, list.name, list.otherName)
			}
		}
	}
}

func TestTemplate_RoutesMatchOpenAPI(t *testing.T) {
	stack, document := load(t)
	var routes []string
	for _, function := range functions(t, stack) {
		for _, event := range function.Events {
			path, _ := event.Properties["Path"].(string)
			if event.Type == "HttpApi" && path != "" && path != "$default" {
				path = strings.ReplaceAll(path, "+}", "}") // OpenAPI has no name for several segments
				routes = append(routes, strings.ToUpper(samtemplate.String(event.Properties["Method"]))+" "+path)
			}
		}
	}
	var operations []string
	for name := range eachOperation(document) {
		operations = append(operations, name)
	}
	equalSets(t, "route", "template.yaml", routes, "infra/openapi.yaml", operations)
}

// eachOperation returns the document's operations by method and path.
func eachOperation(document map[string]any) map[string]map[string]any {
	all := map[string]map[string]any{}
	for path, item := range samtemplate.Map(document["paths"]) {
		for method, operation := range samtemplate.Map(item) {
			if method != "parameters" {
				all[strings.ToUpper(method)+" "+path] = samtemplate.Map(operation)
			}
		}
	}
	return all
}

// TestQueryParameters_MatchOpenAPI compares the parameters that pkg/api accepts with those of
// the document.
func TestQueryParameters_MatchOpenAPI(t *testing.T) {
	_, document := load(t)
	var lines []string
	for name, operation := range eachOperation(document) {
		_, path, _ := strings.Cut(name, " ")
		shared, _ := lookup(document, "paths", path, "parameters").([]any)
		own, _ := operation["parameters"].([]any)
		line := ""
		for _, parameter := range append(slices.Clone(shared), own...) {
			p := samtemplate.Map(parameter)
			if reference, ok := p["$ref"].(string); ok {
				p = samtemplate.Map(lookup(document, strings.Split(strings.TrimPrefix(reference, "#/"), "/")...))
			}
			if p["in"] == "query" {
				line += " " + samtemplate.String(p["name"])
			}
		}
		if line != "" {
			lines = append(lines, name+line)
		}
	}
	slices.Sort(lines)
	want := strings.Join(lines, "\n") + "\n"
	file := filepath.Join(root, "pkg", "api", "query_parameters.txt")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := readFile(t, file)
	if string(got) != want {
		t.Errorf("pkg/api/query_parameters.txt: got\n%s\nwant the parameters of infra/openapi.yaml (UPDATE_GOLDEN=1 writes them)\n%s", got, want)
	}
}

func TestTemplate_SocketRoutesMatchFrames(t *testing.T) {
	stack, _ := load(t)
	sockets, err := stack.Resources("AWS::Serverless::WebSocketApi")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, socket := range sockets {
		for route := range samtemplate.Map(socket.Properties["Routes"]) {
			if !strings.HasPrefix(route, "$") {
				routes = append(routes, route)
			}
		}
	}
	var actions []string
	for name := range schema.Map(parseDocument(t, infra.AsyncAPI).Root, "components", "messages") {
		if action, ok := strings.CutPrefix(name, "action."); ok {
			actions = append(actions, action)
		}
	}
	equalSets(t, "socket action", "template.yaml", routes, "infra/asyncapi.yaml", actions)
}

func TestTemplate_FunctionFolders(t *testing.T) {
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
		text := readFile(t, file)
		if lines := bytes.Count(text, []byte("\n")); lines > maxMainLines {
			t.Errorf("functions/%s/main.go: got %d lines, want at most %d", folders[len(folders)-1], lines, maxMainLines)
		}
	}
	equalSets(t, "function", "template.yaml", declared, "functions/", folders)
}

func TestErrorCodes_MatchOpenAPI(t *testing.T) {
	_, document := load(t)
	var declared, known []string
	code := lookup(document, "components", "schemas", "ErrorCode", "enum")
	declared = samtemplate.Strings(code)
	for _, code := range apperr.Codes() {
		known = append(known, string(code))
	}
	equalSets(t, "error code", "pkg/apperr", known, "infra/openapi.yaml", declared)
}

var codesOfStatus = regexp.MustCompile("(?m)^\\| ([0-9, ]+) \\| ((?:`[a-z_]+`(?:, )?)+) \\|")

// TestErrorCodes_MatchGuide checks that the table of docs/api.md has every code beside its status.
func TestErrorCodes_MatchGuide(t *testing.T) {
	guide := readFile(t, filepath.Join(root, "docs", "api.md"))
	var listed, known []string
	for _, row := range codesOfStatus.FindAllStringSubmatch(string(guide), -1) {
		for code := range strings.SplitSeq(row[2], ", ") {
			code = strings.Trim(code, "`")
			listed = append(listed, code)
			if d, _ := apperr.Lookup(apperr.Code(code)); !slices.Contains(strings.Split(row[1], ", "), strconv.Itoa(d.Status)) {
				t.Errorf("docs/api.md has %s beside %s, want %d", code, row[1], d.Status)
			}
		}
	}
	for _, code := range apperr.Codes() {
		known = append(known, string(code))
	}
	equalSets(t, "error code", "pkg/apperr", known, "docs/api.md", listed)
}

// lookup returns the value at a path of nested mappings.
func lookup(node any, path ...string) any {
	for _, key := range path {
		node = samtemplate.Map(node)[key]
	}
	return node
}

func TestOpenAPI_ReferencesResolve(t *testing.T) {
	_, document := load(t)
	walk(document, "", func(pointer string, object map[string]any) {
		reference, ok := object["$ref"].(string)
		if !ok {
			return
		}
		path, inside := strings.CutPrefix(reference, "#/")
		if !inside || lookup(document, strings.Split(path, "/")...) == nil {
			t.Errorf("%s: got $ref %q, want one that resolves in this document", pointer, reference)
		}
	})
}

// walk calls visit for every mapping of a document.
func walk(node any, pointer string, visit func(pointer string, object map[string]any)) {
	switch node := node.(type) {
	case map[string]any:
		visit(pointer, node)
		for key, child := range node {
			walk(child, pointer+"/"+key, visit)
		}
	case []any:
		for i, child := range node {
			walk(child, fmt.Sprintf("%s/%d", pointer, i), visit)
		}
	}
}

func TestOpenAPI_OperationsComplete(t *testing.T) {
	_, document := load(t)
	ids := map[string]string{}
	for name, operation := range eachOperation(document) {
		id, _ := operation["operationId"].(string)
		if other, taken := ids[id]; taken || id == "" {
			t.Errorf("%s: got operationId %q, want a unique one (%s)", name, id, other)
		}
		ids[id] = name
		responses := samtemplate.Map(operation["responses"])
		if responses["default"] == nil {
			t.Errorf("%s: got no default response, want the problem document", name)
		}
		_, path, _ := strings.Cut(name, " ")
		open := operation["security"] != nil && len(samtemplate.List(operation["security"])) == 0
		if !open && responses["401"] == nil {
			t.Errorf("%s: got no 401, want one on a private route", name)
		}
		if strings.Contains(path, "{id}") && responses["404"] == nil {
			t.Errorf("%s: got no 404, want one for an unknown resource", name)
		}
		if strings.HasPrefix(name, "POST ") && !takesIdempotencyKey(operation) {
			t.Errorf("%s: got no Idempotency-Key, want it on every POST", name)
		}
	}
}

func takesIdempotencyKey(operation map[string]any) bool {
	for _, parameter := range samtemplate.List(operation["parameters"]) {
		if samtemplate.Map(parameter)["$ref"] == "#/components/parameters/IdempotencyKey" {
			return true
		}
	}
	return false
}
