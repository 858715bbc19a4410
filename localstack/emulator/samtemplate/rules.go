package samtemplate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// checkRules returns an error with the description of each assertion that the parameters fail.
// CloudFormation refuses a stack with such parameters. A RuleCondition is not supported.
func (t *Template) checkRules(rules map[string]any) error {
	var failed []error
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		rule := Map(rules[name])
		if len(rule) != 1 || len(List(rule["Assertions"])) == 0 {
			return fmt.Errorf("template: rule %s must consist of assertions", name)
		}
		for _, item := range List(rule["Assertions"]) {
			assertion := Map(item)
			holds, err := t.Resolve(assertion["Assert"])
			if isTrue, ok := holds.(bool); err != nil || !ok {
				return fmt.Errorf("template: rule %s is not a boolean: %v, %w", name, holds, err)
			} else if !isTrue {
				failed = append(failed, fmt.Errorf("template: rule %s: %s", name, String(assertion["AssertDescription"])))
			}
		}
	}
	return errors.Join(failed...)
}
