package samtemplate

import (
	"fmt"
	"regexp"
	"strings"
)

// noValue marks a property that is removed by AWS::NoValue.
type noValue struct{}

// Resolve returns v with every intrinsic function replaced by its value.
func (t *Template) Resolve(v any) (any, error) {
	switch v := v.(type) {
	case []any:
		return t.resolveList(v)
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
					return t.resolveIntrinsic(name, argument)
				}
			}
		}
		return t.resolveMap(v)
	}
	return v, nil
}

func (t *Template) resolveList(list []any) (any, error) {
	resolved := make([]any, 0, len(list))
	for _, item := range list {
		r, err := t.Resolve(item)
		if err != nil {
			return nil, err
		}
		if r != (noValue{}) {
			resolved = append(resolved, r)
		}
	}
	return resolved, nil
}

func (t *Template) resolveMap(object map[string]any) (any, error) {
	resolved := make(map[string]any, len(object))
	for key, item := range object {
		r, err := t.Resolve(item)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if r != (noValue{}) {
			resolved[key] = r
		}
	}
	return resolved, nil
}

func (t *Template) resolveIntrinsic(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return t.ref(String(argument))
	case "Condition":
		return t.condition(String(argument))
	case "Fn::Sub":
		return t.substitute(argument)
	case "Fn::If":
		parts := List(argument)
		if len(parts) != 3 {
			return nil, fmt.Errorf("Fn::If needs a condition and two values")
		}
		isTrue, err := t.condition(String(parts[0]))
		if err != nil {
			return nil, err
		}
		if isTrue {
			return t.Resolve(parts[1])
		}
		return t.Resolve(parts[2])
	}
	resolved, err := t.Resolve(argument)
	if err != nil {
		return nil, err
	}
	parts := List(resolved)
	switch name {
	case "Fn::GetAtt":
		if len(parts) != 2 {
			return nil, fmt.Errorf("Fn::GetAtt needs a resource and an attribute")
		}
		return t.attribute(String(parts[0]), String(parts[1]))
	case "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or":
		return evaluateCondition(name, parts)
	}
	return t.evaluate(name, parts)
}

func evaluateCondition(name string, parts []any) (any, error) {
	if name == "Fn::Equals" && len(parts) == 2 {
		return String(parts[0]) == String(parts[1]), nil
	}
	trueCount := 0
	for _, part := range parts {
		isTrue, ok := part.(bool)
		if !ok {
			return nil, fmt.Errorf("%s needs conditions", name)
		}
		if isTrue {
			trueCount++
		}
	}
	switch name {
	case "Fn::Not":
		return trueCount == 0, nil
	case "Fn::And":
		return trueCount == len(parts), nil
	}
	return trueCount > 0, nil
}

// evaluate runs the functions that only depend on their resolved arguments.
func (t *Template) evaluate(name string, parts []any) (any, error) {
	switch {
	case name == "Fn::Join" && len(parts) == 2:
		var texts []string
		for _, item := range List(parts[1]) {
			texts = append(texts, String(item))
		}
		return strings.Join(texts, String(parts[0])), nil
	case name == "Fn::Split" && len(parts) == 2:
		var list []any
		for _, piece := range strings.Split(String(parts[1]), String(parts[0])) {
			list = append(list, piece)
		}
		return list, nil
	case name == "Fn::Select" && len(parts) == 2:
		i, list := Number(parts[0], -1), List(parts[1])
		if i < 0 || i >= len(list) {
			return nil, fmt.Errorf("Fn::Select: no item %v in a list of %d", parts[0], len(list))
		}
		return list[i], nil
	case name == "Fn::FindInMap" && len(parts) == 3:
		found, ok := Map(Map(t.mappings[String(parts[0])])[String(parts[1])])[String(parts[2])]
		if !ok {
			return nil, fmt.Errorf("Fn::FindInMap: %v is not in Mappings", parts)
		}
		return found, nil
	}
	return nil, fmt.Errorf("%s with %d arguments is not supported", name, len(parts))
}

func (t *Template) ref(name string) (any, error) {
	if name == "AWS::NoValue" {
		return noValue{}, nil
	}
	if text, ok := pseudoParameters[name]; ok {
		return text, nil
	}
	if parameter, ok := t.parameters[name]; ok {
		return parameter, nil
	}
	return t.attribute(name, "")
}

func (t *Template) attribute(id, attribute string) (any, error) {
	r, ok := t.resources[id]
	if !ok {
		return nil, fmt.Errorf("%q is neither a parameter nor a resource", id)
	}
	if t.Attribute == nil {
		return nil, fmt.Errorf("%s.%s is not available", id, attribute)
	}
	return t.Attribute(r, attribute)
}

func (t *Template) condition(name string) (bool, error) {
	expression, ok := t.conditions[name]
	if !ok {
		return false, fmt.Errorf("condition %q is not declared", name)
	}
	resolved, err := t.Resolve(expression)
	if err != nil {
		return false, fmt.Errorf("condition %s: %w", name, err)
	}
	isTrue, ok := resolved.(bool)
	if !ok {
		return false, fmt.Errorf("condition %s is not a boolean", name)
	}
	return isTrue, nil
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)

func (t *Template) substitute(argument any) (any, error) {
	text, local := "", map[string]any{}
	switch a := argument.(type) {
	case string:
		text = a
	case []any:
		if len(a) != 2 {
			return nil, fmt.Errorf("Fn::Sub needs a string and a map")
		}
		text, local = String(a[0]), Map(a[1])
	}
	var failed error
	result := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := strings.TrimSpace(match[2 : len(match)-1])
		if strings.HasPrefix(name, "!") {
			return "${" + name[1:] + "}"
		}
		var found any
		var err error
		if given, ok := local[name]; ok {
			found, err = t.Resolve(given)
		} else if id, attribute, dotted := strings.Cut(name, "."); dotted {
			found, err = t.attribute(id, attribute)
		} else {
			found, err = t.ref(name)
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("Fn::Sub: %w", err)
		}
		return String(found)
	})
	return result, failed
}
