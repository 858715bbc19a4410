package samtemplate

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// decode converts a YAML node into maps, lists and scalars. Short forms of intrinsic
// functions (!Sub) become their long forms.
func decode(node *yaml.Node) (any, error) {
	plain, err := stripTag(node)
	if err != nil || !strings.HasPrefix(node.Tag, "!") || strings.HasPrefix(node.Tag, "!!") {
		return plain, err
	}
	name := node.Tag[1:]
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: plain}, nil
	case "GetAtt":
		if text, ok := plain.(string); ok {
			id, attribute, _ := strings.Cut(text, ".")
			plain = []any{id, attribute}
		}
	}
	return map[string]any{"Fn::" + name: plain}, nil
}

func stripTag(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.DocumentNode:
		return decode(node.Content[0])
	case yaml.AliasNode:
		return decode(node.Alias)
	case yaml.SequenceNode:
		list := make([]any, 0, len(node.Content))
		for _, child := range node.Content {
			item, err := decode(child)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		return list, nil
	case yaml.MappingNode:
		return decodeMapping(node)
	default:
		return decodeScalar(node)
	}
}

func decodeScalar(node *yaml.Node) (any, error) {
	if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") || node.Tag == "!!timestamp" {
		return node.Value, nil
	}
	var plain any
	if err := node.Decode(&plain); err != nil {
		return nil, fmt.Errorf("line %d: %w", node.Line, err)
	}
	return plain, nil
}

func decodeMapping(node *yaml.Node) (any, error) {
	object := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i].Value
		if _, exists := object[key]; exists {
			return nil, fmt.Errorf("line %d: duplicate key %q", node.Content[i].Line, key)
		}
		item, err := decode(node.Content[i+1])
		if err != nil {
			return nil, err
		}
		object[key] = item
	}
	return object, nil
}
