// Package samtemplate parses a SAM template and resolves its intrinsic functions
// (Ref, Sub, GetAtt, If, Equals, Not, And, Or, Join, Select, Split, FindInMap).
package samtemplate

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Resource is one resource of the template with unresolved properties.
type Resource struct {
	ID             string
	Type           string
	Condition      string
	DeletionPolicy string
	Properties     map[string]any
}

// Template is a parsed template.
type Template struct {
	// Attribute returns the value of GetAtt, or of Ref for an empty attribute. It may
	// block while a custom resource is created.
	Attribute func(resource *Resource, attribute string) (any, error)

	parameters map[string]any
	conditions map[string]any
	mappings   map[string]any
	globals    map[string]any
	resources  map[string]*Resource
}

// Declares reports whether the template has a parameter with this name.
func (t *Template) Declares(parameter string) bool {
	_, declared := t.parameters[parameter]
	return declared
}

// pseudoParameters are the local values of the pseudo parameters.
var pseudoParameters = map[string]string{
	"AWS::StackName": StackName,
	"AWS::Region":    Region,
	"AWS::AccountId": Account,
	"AWS::Partition": "aws",
	"AWS::URLSuffix": "amazonaws.com",
	"AWS::StackId":   "arn:aws:cloudformation:" + Region + ":" + Account + ":stack/" + StackName + "/local",
}

// Values of the pseudo parameters.
const (
	StackName = "ticketsystem"
	Region    = "us-east-1"
	Account   = "000000000000"
)

// Load parses the template at path. Overrides replace parameter defaults; undeclared
// names are ignored. Values that the template's Rules refuse are an error.
func Load(path string, overrides map[string]string) (*Template, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(text, overrides)
}

// Parse parses a template. See Load.
func Parse(text []byte, overrides map[string]string) (*Template, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	if node.Kind == 0 {
		return nil, fmt.Errorf("template: the file is empty")
	}
	document, err := decode(&node)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	root, ok := document.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("template: not a YAML mapping")
	}
	t := &Template{
		parameters: map[string]any{},
		conditions: Map(root["Conditions"]),
		mappings:   Map(root["Mappings"]),
		globals:    Map(root["Globals"]),
		resources:  map[string]*Resource{},
	}
	for name, declared := range Map(root["Parameters"]) {
		t.parameters[name] = Map(declared)["Default"]
		if override, ok := overrides[name]; ok {
			if err := checkParameter(name, override, Map(declared)); err != nil {
				return nil, err
			}
			t.parameters[name] = override
		}
		if t.parameters[name] == nil {
			return nil, fmt.Errorf("template: parameter %s has no default and no value", name)
		}
	}
	if err := t.checkRules(Map(root["Rules"])); err != nil {
		return nil, err
	}
	err = t.parseResources(Map(root["Resources"]))
	return t, err
}

// checkParameter checks the form of a value as CloudFormation does.
func checkParameter(name, value string, declared map[string]any) error {
	measured, what := float64(utf8.RuneCountInString(value)), "length"
	least, most := declared["MinLength"], declared["MaxLength"]
	if declared["Type"] == "Number" {
		number, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(number) {
			return fmt.Errorf("template: parameter %s must be a number, not %q", name, value)
		}
		measured, what, least, most = number, "value", declared["MinValue"], declared["MaxValue"]
	}
	if bound, ok := bound(least); ok && measured < bound {
		return fmt.Errorf("template: the %s of parameter %s must be at least %v, is %v", what, name, least, measured)
	}
	if bound, ok := bound(most); ok && measured > bound {
		return fmt.Errorf("template: the %s of parameter %s must be at most %v, is %v", what, name, most, measured)
	}
	if allowed, ok := declared["AllowedValues"].([]any); ok && !slices.ContainsFunc(allowed, func(one any) bool { return fmt.Sprint(one) == value }) {
		return fmt.Errorf("template: parameter %s must be one of %v, not %q", name, allowed, value)
	}
	if pattern := String(declared["AllowedPattern"]); pattern != "" {
		matches, err := regexp.MatchString("^(?:"+pattern+")$", value)
		if err != nil || !matches {
			return fmt.Errorf("template: parameter %s must match %s, not %q", name, pattern, value)
		}
	}
	return nil
}

// bound returns a bound of a parameter; ok is false if it has none.
func bound(declared any) (value float64, ok bool) {
	value, err := strconv.ParseFloat(fmt.Sprint(declared), 64)
	return value, err == nil
}

func (t *Template) parseResources(declared map[string]any) error {
	for id, item := range declared {
		fields := Map(item)
		kind, _ := fields["Type"].(string)
		if kind == "" {
			return fmt.Errorf("template: resource %s has no Type", id)
		}
		condition, _ := fields["Condition"].(string)
		t.resources[id] = &Resource{
			ID: id, Type: kind, Condition: condition, DeletionPolicy: String(fields["DeletionPolicy"]), Properties: Map(fields["Properties"]),
		}
	}
	return nil
}

// Resources returns the resources of a type whose condition is true, by id. A type
// that ends in a colon matches as a prefix ("Custom::").
func (t *Template) Resources(kind string) ([]*Resource, error) {
	var found []*Resource
	for _, r := range t.resources {
		prefix := kind[len(kind)-1] == ':' && len(r.Type) > len(kind) && r.Type[:len(kind)] == kind
		if r.Type != kind && !prefix {
			continue
		}
		if r.Condition != "" {
			included, err := t.condition(r.Condition)
			if err != nil {
				return nil, fmt.Errorf("template: resource %s: %w", r.ID, err)
			}
			if !included {
				continue
			}
		}
		found = append(found, r)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].ID < found[j].ID })
	return found, nil
}

// Properties returns a resource's resolved properties without those named in except.
func (t *Template) Properties(r *Resource, except ...string) (map[string]any, error) {
	wanted := make(map[string]any, len(r.Properties))
	for key, property := range r.Properties {
		wanted[key] = property
	}
	for _, key := range except {
		delete(wanted, key)
	}
	resolved, err := t.Resolve(wanted)
	if err != nil {
		return nil, fmt.Errorf("template: resource %s: %w", r.ID, err)
	}
	return Map(resolved), nil
}

// Map returns v as a map, or nil if it is none.
func Map(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// List returns v as a list. A single value becomes a list of one.
func List(v any) []any {
	if list, ok := v.([]any); ok || v == nil {
		return list
	}
	return []any{v}
}

// String returns v as a string, formatted as CloudFormation formats numbers and
// booleans.
func String(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// Number returns v as an integer, or fallback if it is none.
func Number(v any, fallback int) int {
	var n int
	if _, err := fmt.Sscan(String(v), &n); err != nil {
		return fallback
	}
	return n
}

// Strings returns v as a list of strings without empty ones.
func Strings(v any) []string {
	var texts []string
	for _, item := range List(v) {
		if text := String(item); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
