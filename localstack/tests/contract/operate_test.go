package contract

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var (
	makeCommand   = regexp.MustCompile(`(?m)make ([a-z-]+)((?: [A-Z_]+=\S*)*)`)
	makeVariable  = regexp.MustCompile(` ([A-Z_]+)=`)
	operatedName  = regexp.MustCompile("`([A-Z][a-z][A-Za-z]*)(?:=[^`]*)?`")
	namedOutputs  = regexp.MustCompile("outputs? (`[A-Za-z]+`(?:(?:, | and )`[A-Za-z]+`)*)")
	namedRoute    = regexp.MustCompile("`(GET|POST|PATCH|DELETE) (/[^`?\\s]*)")
	loggedMessage = regexp.MustCompile(`"([a-z][a-z -]+)"`)
)

// notOfTheStack are names in docs/operate.md that are no parameter, resource or output: of metrics
// and tags, of CloudFormation, of a test.
var notOfTheStack = []string{
	"Errors", "Throttles", "Invocations", "ConcurrentExecutions", "Application", "RetainExceptOnCreate", "Threshold", "TestRotateKey",
}

// TestOperate_Commands checks that the commands for operators exist with their variables.
func TestOperate_Commands(t *testing.T) {
	makefile := string(readFile(t, filepath.Join(root, "Makefile")))
	found := 0
	for _, page := range []string{"docs/operate.md", "README.md"} {
		text := string(readFile(t, filepath.Join(root, page)))
		if page == "README.md" {
			_, text, _ = strings.Cut(text, "\n## Deploy\n")
		}
		for _, command := range makeCommand.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(text, "`"+command[0]) && !strings.Contains(text, "\n"+command[0]) {
				continue // prose
			}
			found++
			if !strings.Contains(makefile, "\n"+command[1]+":") {
				t.Errorf("%s: got %s, which the Makefile has not", page, command[0])
			}
			for _, variable := range makeVariable.FindAllStringSubmatch(command[2], -1) {
				if !regexp.MustCompile(`\(` + variable[1] + `\)|\b` + variable[1] + ` ?\??=`).MatchString(makefile) {
					t.Errorf("%s: %s: the Makefile has no %s", page, command[0], variable[1])
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("got %d commands, want those of both pages", found)
	}
}

// TestOperate_Names checks that what the page for operators names exists: alarms, parameters,
// resources and outputs in the templates, routes in infra/openapi.yaml, and messages in the code.
func TestOperate_Names(t *testing.T) {
	page := string(readFile(t, filepath.Join(root, "docs", "operate.md")))
	names, outputs := templateNames(t)
	for _, name := range operatedName.FindAllStringSubmatch(page, -1) {
		if !names[name[1]] && !slices.Contains(notOfTheStack, name[1]) {
			t.Errorf("got %s, which is neither a parameter, a resource nor an output", name[1])
		}
	}
	listed := namedOutputs.FindAllStringSubmatch(page, -1)
	if len(listed) < 3 {
		t.Errorf("got %d lists of outputs, want those of the page", len(listed))
	}
	for _, list := range listed {
		for _, name := range operatedName.FindAllStringSubmatch(list[1], -1) {
			if !outputs[name[1]] {
				t.Errorf("got the output %s, which the stack has not", name[1])
			}
		}
	}
	_, document := load(t)
	routes := eachOperation(document)
	for _, route := range namedRoute.FindAllStringSubmatch(page, -1) {
		if routes[route[1]+" "+route[2]] == nil {
			t.Errorf("got the route %s %s, which infra/openapi.yaml has not", route[1], route[2])
		}
	}
	prose := regexp.MustCompile("(?s)```.*?```|`[^`]*`|query \"[^\"]*\"").ReplaceAllString(page, "")
	for _, message := range loggedMessage.FindAllStringSubmatch(prose, -1) {
		if !sourceContains(t, message[0]) {
			t.Errorf("got the message %s, which the code does not log", message[0])
		}
	}
}

// templateNames returns the names of parameters, resources and outputs of the templates, and
// those of the outputs of the stack.
func templateNames(t *testing.T) (names, outputs map[string]bool) {
	t.Helper()
	names, outputs = map[string]bool{}, map[string]bool{}
	for _, file := range []string{templateFile, edgeFile, capacityFile} {
		var template struct {
			Parameters map[string]yaml.Node `yaml:"Parameters"`
			Resources  map[string]yaml.Node `yaml:"Resources"`
			Outputs    map[string]yaml.Node `yaml:"Outputs"`
		}
		if err := yaml.Unmarshal(readFile(t, file), &template); err != nil {
			t.Fatal(err)
		}
		for _, section := range []map[string]yaml.Node{template.Parameters, template.Resources, template.Outputs} {
			for name := range section {
				names[name] = true
			}
		}
		for name := range template.Outputs {
			outputs[name] = outputs[name] || file == templateFile
		}
	}
	return names, outputs
}
