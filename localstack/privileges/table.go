package privileges

import (
	"fmt"
	"strings"
)

// Table shows all grants in Markdown: how often each was used, or why it is
// there all the same.
func (f Finding) Table(all []Grant) string {
	var b strings.Builder
	b.WriteString("| Function | Action | Resource | Calls |\n|---|---|---|---|\n")
	for _, g := range all {
		resource := strings.NewReplacer("arn:aws:", "", "us-east-1:000000000000:", "").Replace(g.Resource)
		if g.Except {
			resource = "all but " + resource
		}
		used := fmt.Sprint(f.Seen[g])
		if why := f.Excused[g]; why != "" {
			used = why
		}
		fmt.Fprintf(&b, "| %s | %s | `%s` | %s |\n", g.Function, g.Action, resource, used)
	}
	return b.String()
}
