package iamcheck

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"ticketsystem/localstack/emulator/samtemplate"
)

// Update writes the DynamoDB statements of the policies in a template: what the template
// grants with leading keys, what the recorded calls need, and what the exceptions name. It
// removes nothing else, because rare calls are not recorded; the comparison reports unused
// grants. Actions without leading keys that no call has used are removed and returned.
// Other statements are not changed.
func (r *Recorder) Update(path string, t *samtemplate.Template, exceptions []Exception) (removed []string, err error) {
	current, err := Grants(t)
	if err != nil {
		return nil, err
	}
	resources, err := t.Resources("AWS::Serverless::Function")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(text), "\n")
	for _, resource := range resources {
		function := samtemplate.Folder(resource.ID)
		needed := r.needs(function, current, exceptions)
		for _, g := range current {
			sameAction := func(n Grant) bool { return n.Action == g.Action && n.Resource == g.Resource }
			if g.Function == function && strings.HasPrefix(g.Action, "dynamodb:") && !slices.ContainsFunc(slices.Collect(maps.Keys(needed)), sameAction) {
				removed = append(removed, g.String())
			}
		}
		if lines, err = replaceStatements(lines, resource.ID, statements(needed)); err != nil {
			return nil, err
		}
	}
	return removed, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600) //nolint:gosec // the path of the template
}

// needs returns the DynamoDB grants that a function needs.
func (r *Recorder) needs(function string, current []Grant, exceptions []Exception) map[Grant]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	needed, table := map[Grant]bool{}, ""
	for _, g := range current {
		if !strings.HasPrefix(g.Action, "dynamodb:") {
			continue
		}
		table, _, _ = strings.Cut(g.Resource, "/index/")
		if g.Function == function && !g.IsWildcard() {
			needed[g] = true
		}
	}
	for permission := range r.calls[function] {
		if strings.HasPrefix(permission.Action, "dynamodb:") {
			needed[grantFor(function, permission)] = true
		}
	}
	for _, e := range exceptions {
		for _, key := range e.Keys {
			if slices.Contains(e.Functions, function) {
				needed[Grant{Function: function, Action: e.Action, Resource: table + strings.TrimPrefix(e.Resource, "*"), Key: key}] = true
			}
		}
	}
	needed = spread(needed)
	for g := range needed {
		if all := g; g.Attributes != "" {
			if all.Attributes = ""; needed[all] {
				delete(needed, g)
			}
		}
	}
	return needed
}

// exactKeys are the keys of items that each action writes only if a call or an exception needs
// it: audit records, which no function may change or delete, and connections with their
// subscriptions, which contain the rights of a user.
var exactKeys = []string{"AUDIT", "C#*", "W#*"}

// spread gives all reads of a resource the keys of its reads and writes, and all writes the
// keys of its writes but exactKeys. A rare path may use another action on the same item. A grant
// of some attributes stays alone.
func spread(grants map[Grant]bool) map[Grant]bool {
	out := maps.Clone(grants)
	for g := range grants {
		if g.Attributes != "" {
			continue
		}
		for other := range grants {
			if IsWrite(g.Action) && slices.Contains(exactKeys, other.Key) {
				continue
			}
			if other.Resource == g.Resource && other.Key != "" && (!IsWrite(g.Action) || IsWrite(other.Action) && other.Attributes == "") {
				out[Grant{Function: g.Function, Action: g.Action, Resource: g.Resource, Key: other.Key}] = true
			}
		}
	}
	return out
}

// statements returns the lines of the statements for the grants of one function. Actions
// with the same keys share a statement, and so do indexes.
func statements(needed map[Grant]bool) []string {
	type action struct{ resource, attributes, name string }
	keys := map[action][]string{}
	for g := range needed {
		a := action{g.Resource, g.Attributes, g.Action}
		keys[a] = append(keys[a], g.Key)
	}
	actions := map[string][]string{} // by resource and keys
	for _, a := range slices.SortedFunc(maps.Keys(keys), func(a, b action) int {
		return cmp.Or(cmp.Compare(a.resource, b.resource), cmp.Compare(a.name, b.name), cmp.Compare(a.attributes, b.attributes))
	}) {
		slices.Sort(keys[a])
		id := a.resource + " " + strings.Join(keys[a], " ")
		if a.attributes != "" {
			id += "|" + a.attributes
		}
		actions[id] = append(actions[id], a.name)
	}
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(actions)) {
		resource, list, _ := strings.Cut(id, " ")
		list, attributes, _ := strings.Cut(list, "|")
		name := "!GetAtt Table.Arn"
		if _, index, ok := strings.Cut(resource, "/index/"); ok {
			name = fmt.Sprintf(`!Sub "${Table.Arn}/index/%s"`, index)
		}
		lines = append(lines,
			"            - Effect: Allow",
			"              Action: "+flow(actions[id]),
			"              Resource: "+name)
		if list != "" {
			lines = append(lines, `              Condition: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [`+quoted(list)+"]}"+onAttributes(attributes)+"}")
		}
	}
	return lines
}

// quoted returns the words of a list as members of a JSON list.
func quoted(words string) string { return `"` + strings.ReplaceAll(words, " ", `", "`) + `"` }

// onAttributes returns the conditions of a statement for some attributes.
func onAttributes(attributes string) string {
	if attributes == "" {
		return ""
	}
	return `, "ForAllValues:StringEquals": {"dynamodb:Attributes": [` + quoted(attributes) + `]}, StringEqualsIfExists: {"dynamodb:ReturnValues": NONE}`
}

// flow returns a YAML list in one line, or its only member.
func flow(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "[" + strings.Join(list, ", ") + "]"
}

var (
	statementStart = regexp.MustCompile(`^ {12}- `)
	statementLine  = regexp.MustCompile(`^ {14}`)
	tableAction    = regexp.MustCompile(`^ {14}Action: \[?dynamodb:`)
)

// replaceStatements replaces the DynamoDB statements of a function, which come first.
func replaceStatements(lines []string, resource string, statements []string) ([]string, error) {
	start := slices.Index(lines, "  "+resource+":")
	if start < 0 {
		return nil, fmt.Errorf("%s is not in the template", resource)
	}
	end := start + 1
	for end < len(lines) && (lines[end] == "" || strings.HasPrefix(lines[end], "   ")) {
		end++
	}
	first := slices.Index(lines[start:end], "        - Statement:")
	if first < 0 {
		if len(statements) > 0 {
			return nil, fmt.Errorf("%s has no Policies with a Statement", resource)
		}
		return lines, nil
	}
	first += start + 1
	kept := slices.Clone(statements)
	i := first
	for i < end {
		next := i + 1
		if statementStart.MatchString(lines[i]) {
			for next < end && statementLine.MatchString(lines[next]) {
				next++
			}
			if slices.ContainsFunc(lines[i:next], tableAction.MatchString) {
				i = next
				continue
			}
		}
		kept = append(kept, lines[i:next]...)
		i = next
	}
	return slices.Concat(lines[:first], kept, lines[end:]), nil
}
