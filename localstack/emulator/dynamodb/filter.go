package dynamodb

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Pattern is an event filter pattern: a tree of fields whose leaves list the allowed
// values and operators (prefix, exists, anything-but).
type Pattern map[string]any

// ParsePattern parses a pattern. It returns an error for unsupported operators, so
// that a filter never matches more or less than on AWS.
func ParsePattern(text string) (Pattern, error) {
	var p Pattern
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return nil, fmt.Errorf("filter pattern %s: %w", text, err)
	}
	return p, p.check()
}

func (p Pattern) check() error {
	for field, rules := range p {
		switch rules := rules.(type) {
		case map[string]any:
			if err := Pattern(rules).check(); err != nil {
				return err
			}
		case []any:
			for _, rule := range rules {
				for operator := range asMap(rule) {
					if operator != "prefix" && operator != "exists" && operator != "anything-but" {
						return fmt.Errorf("filter pattern: operator %q of %s is not supported", operator, field)
					}
				}
			}
		default:
			return fmt.Errorf("filter pattern: %s must be a list or an object", field)
		}
	}
	return nil
}

// Match reports whether every field of the pattern matches the event.
func (p Pattern) Match(event map[string]any) bool {
	for field, rules := range p {
		got, present := event[field]
		if rules, leaf := rules.([]any); leaf {
			if !matchesAny(rules, got, present) {
				return false
			}
			continue
		}
		if !Pattern(asMap(rules)).Match(asMap(got)) {
			return false
		}
	}
	return true
}

func matchesAny(rules []any, got any, present bool) bool {
	for _, rule := range rules {
		operators, ok := rule.(map[string]any)
		if !ok {
			if present && reflect.DeepEqual(rule, got) {
				return true
			}
			continue
		}
		if compare(operators, got, present) {
			return true
		}
	}
	return false
}

func compare(operators map[string]any, got any, present bool) bool {
	text, _ := got.(string)
	for operator, argument := range operators {
		switch operator {
		case "exists":
			if argument != present {
				return false
			}
		case "prefix":
			prefix, _ := argument.(string)
			if !present || !strings.HasPrefix(text, prefix) {
				return false
			}
		case "anything-but":
			list, ok := argument.([]any)
			if !ok {
				list = []any{argument}
			}
			if !present || matchesAny(list, got, present) {
				return false
			}
		}
	}
	return true
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}
