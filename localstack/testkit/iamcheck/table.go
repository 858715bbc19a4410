package iamcheck

import (
	"fmt"
	"strings"
)

// Table shows all grants in Markdown: how often each was used, or why it is
// there all the same.
func (report Report) Table(all []Grant) string {
	var b strings.Builder
	b.WriteString("| Function | Action | Resource | Calls |\n|---|---|---|---|\n")
	for _, g := range all {
		resource := strings.NewReplacer("arn:aws:", "", "us-east-1:000000000000:", "").Replace(g.Resource)
		if g.NotResource {
			resource = "all but " + resource
		}
		calls := fmt.Sprint(report.CallsByGrant[g])
		if reason := report.Exceptions[g]; reason != "" {
			calls = reason
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", g.Function, g.Action, resource, calls)
	}
	return b.String()
}
