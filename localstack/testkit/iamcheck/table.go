package iamcheck

import (
	"fmt"
	"strings"
)

// Table returns all grants as a Markdown table with their number of calls or the
// reason of their exception.
func (r Report) Table(all []Grant) string {
	var b strings.Builder
	b.WriteString("| Function | Action | Resource | Calls |\n|---|---|---|---|\n")
	for _, g := range all {
		resource := strings.NewReplacer("arn:aws:", "", "us-east-1:000000000000:", "").Replace(g.Resource)
		if g.NotResource {
			resource = "all except " + resource
		}
		resource = strings.TrimSpace(resource + " " + g.Key)
		calls := fmt.Sprint(r.CallsByGrant[g])
		if reason := r.Exceptions[g]; reason != "" {
			calls = reason
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", g.Function, g.Action, resource, calls)
	}
	return b.String()
}
