package contract

import (
	"os"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestOpenAPI_NoNullValues finds descriptions that YAML reads as more keys: an
// unquoted comma inside braces ends the text and starts a key without a value.
func TestOpenAPI_NoNullValues(t *testing.T) {
	for _, name := range []string{"openapi.yaml", "asyncapi.yaml"} {
		source, err := os.ReadFile(filepath.Join(root, "infra", name))
		if err != nil {
			t.Fatal(err)
		}
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
