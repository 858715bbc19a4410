// Package privileges holds what functions did against what their policies let
// them do: nothing missing, nothing over, nothing granted on everything.
package privileges

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"ticketsystem/localstack/tap"
	"ticketsystem/localstack/template"
)

// Grant is one action on one resource that a function's policy allows.
type Grant struct {
	Function string // its folder
	Action   string
	Resource string // an ARN; * stands for any part of it
	Except   bool   // the resource is what it is not: NotResource
}

// Grants are what the policies in the template allow. What SAM adds for logs
// and for the sources of events is used by Lambda itself and not among them.
func Grants(t *template.Template) ([]Grant, error) {
	resources, err := t.Resources("AWS::Serverless::Function")
	if err != nil {
		return nil, err
	}
	var all []Grant
	for _, r := range resources {
		policies, err := t.Resolve(r.Properties["Policies"])
		if err != nil {
			return nil, fmt.Errorf("template: resource %s: Policies: %w", r.ID, err)
		}
		for _, policy := range template.List(policies) {
			statements := template.Map(policy)["Statement"]
			if statements == nil {
				return nil, fmt.Errorf("template: resource %s: a policy without statements is not understood here: %v", r.ID, policy)
			}
			for _, s := range template.List(statements) {
				granted, err := grants(template.Folder(r.ID), template.Map(s))
				if err != nil {
					return nil, fmt.Errorf("template: resource %s: %w", r.ID, err)
				}
				all = append(all, granted...)
			}
		}
	}
	return all, nil
}

// grants reads one statement.
func grants(function string, statement map[string]any) ([]Grant, error) {
	if template.Text(statement["Effect"]) != "Allow" || statement["Condition"] != nil {
		return nil, fmt.Errorf("a statement that does more than allow is not understood here: %v", statement)
	}
	var all []Grant
	for _, action := range template.Strings(statement["Action"]) {
		for _, resource := range template.Strings(statement["Resource"]) {
			all = append(all, Grant{Function: function, Action: action, Resource: local(resource)})
		}
		for _, resource := range template.Strings(statement["NotResource"]) {
			all = append(all, Grant{Function: function, Action: action, Resource: local(resource), Except: true})
		}
	}
	return all, nil
}

// local names the socket API as the tap does, which sees no id of it.
func local(resource string) string {
	return regexp.MustCompile(`^(arn:aws:execute-api:[^:]*:[^:]*:)[^/]*/`).ReplaceAllString(resource, "${1}local/")
}

// allows says whether the grant covers a use.
func (g Grant) allows(use tap.Use) bool {
	return g.Action == use.Action && match(g.Resource, use.Resource) != g.Except
}

// match is IAM's: a star stands for anything, also for slashes.
func match(pattern, resource string) bool {
	slashless := strings.NewReplacer("/", "\x01", "[", "\x02", "]", "\x03", `\`, "\x04")
	ok, err := path.Match(slashless.Replace(pattern), slashless.Replace(resource))
	return ok && err == nil
}

// wide says whether a grant is for everything there is.
func (g Grant) wide() bool {
	parts := strings.SplitN(g.Resource, ":", 6)
	return strings.Contains(g.Action, "*") || len(parts) < 6 || strings.Trim(parts[5], "*/") == "" && !g.Except
}

func (g Grant) String() string {
	if g.Except {
		return fmt.Sprintf("%s: %s on all but %s", g.Function, g.Action, g.Resource)
	}
	return fmt.Sprintf("%s: %s on %s", g.Function, g.Action, g.Resource)
}

// Recorder remembers what functions need leave for.
type Recorder struct {
	mu   sync.Mutex
	seen map[string]map[tap.Use]int // by function
}

// Observe notes a call and lets it pass.
func (r *Recorder) Observe(c tap.Call) tap.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]map[tap.Use]int{}
	}
	if r.seen[c.Function] == nil {
		r.seen[c.Function] = map[tap.Use]int{}
	}
	for _, use := range c.Uses {
		r.seen[c.Function][use]++
	}
	return tap.Pass
}

// Finding is what a comparison came to.
type Finding struct {
	Functions, Grants, Calls int

	Missing []string // was done, and no policy allows it
	Wide    []string // is allowed on everything
	Unused  []Grant  // is allowed and was not done
	Excused map[Grant]string
	Seen    map[Grant]int // how often each grant was used
}

// Compare holds what was seen against what is granted. A grant that was not
// used is excused by the first reason that covers it.
func (r *Recorder) Compare(all []Grant, reasons []Reason) Finding {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := Finding{Functions: len(r.seen), Grants: len(all), Excused: map[Grant]string{}, Seen: map[Grant]int{}}
	missing := map[string]bool{}
	for function, uses := range r.seen {
		for use, times := range uses {
			f.Calls += times
			allowed := false
			for _, g := range all {
				if g.Function == function && g.allows(use) {
					allowed = true
					f.Seen[g] += times
				}
			}
			if !allowed {
				missing[fmt.Sprintf("%s: %s on %s", function, use.Action, use.Resource)] = true
			}
		}
	}
	f.Missing = slices.Sorted(maps.Keys(missing))
	for _, g := range all {
		if g.wide() {
			f.Wide = append(f.Wide, g.String())
		}
		if f.Seen[g] > 0 {
			continue
		}
		if why := excuse(g, reasons); why != "" {
			f.Excused[g] = why
			continue
		}
		f.Unused = append(f.Unused, g)
	}
	slices.SortFunc(f.Unused, func(a, b Grant) int { return cmp.Compare(a.String(), b.String()) })
	return f
}
