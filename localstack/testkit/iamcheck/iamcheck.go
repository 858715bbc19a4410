// Package privileges holds what functions did against what their policies let
// them do: nothing missing, nothing over, nothing granted on everything.
package iamcheck

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"ticketsystem/localstack/emulator/awsproxy"
	"ticketsystem/localstack/emulator/samtemplate"
)

// Grant is one action on one resource that a function's policy allows.
type Grant struct {
	Function    string // its folder
	Action      string
	Resource    string // an ARN; * stands for any part of it
	NotResource bool   // the resource is what it is not: NotResource
}

// Grants are what the policies in the template allow. What SAM adds for logs
// and for the sources of events is used by Lambda itself and not among them.
func Grants(t *samtemplate.Template) ([]Grant, error) {
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
		for _, policy := range samtemplate.List(policies) {
			statements := samtemplate.Map(policy)["Statement"]
			if statements == nil {
				return nil, fmt.Errorf("template: resource %s: a policy without statements is not understood here: %v", r.ID, policy)
			}
			for _, s := range samtemplate.List(statements) {
				granted, err := parseStatement(samtemplate.Folder(r.ID), samtemplate.Map(s))
				if err != nil {
					return nil, fmt.Errorf("template: resource %s: %w", r.ID, err)
				}
				all = append(all, granted...)
			}
		}
	}
	return all, nil
}

// parseStatement reads one statement.
func parseStatement(function string, statement map[string]any) ([]Grant, error) {
	if samtemplate.String(statement["Effect"]) != "Allow" || statement["Condition"] != nil {
		return nil, fmt.Errorf("a statement that does more than allow is not understood here: %v", statement)
	}
	var all []Grant
	for _, action := range samtemplate.Strings(statement["Action"]) {
		for _, resource := range samtemplate.Strings(statement["Resource"]) {
			all = append(all, Grant{Function: function, Action: action, Resource: normalizeResource(resource)})
		}
		for _, resource := range samtemplate.Strings(statement["NotResource"]) {
			all = append(all, Grant{Function: function, Action: action, Resource: normalizeResource(resource), NotResource: true})
		}
	}
	return all, nil
}

// normalizeResource names the socket API as the tap does, which sees no id of it.
func normalizeResource(resource string) string {
	return regexp.MustCompile(`^(arn:aws:execute-api:[^:]*:[^:]*:)[^/]*/`).ReplaceAllString(resource, "${1}local/")
}

// allows says whether the grant covers a use.
func (g Grant) allows(permission awsproxy.Permission) bool {
	return g.Action == permission.Action && matchARN(g.Resource, permission.Resource) != g.NotResource
}

// matchARN is IAM's: a star stands for anything, also for slashes.
func matchARN(pattern, resource string) bool {
	slashless := strings.NewReplacer("/", "\x01", "[", "\x02", "]", "\x03", `\`, "\x04")
	ok, err := path.Match(slashless.Replace(pattern), slashless.Replace(resource))
	return ok && err == nil
}

// isWildcard says whether a grant is for everything there is.
func (g Grant) isWildcard() bool {
	parts := strings.SplitN(g.Resource, ":", 6)
	return strings.Contains(g.Action, "*") || len(parts) < 6 || strings.Trim(parts[5], "*/") == "" && !g.NotResource
}

func (g Grant) String() string {
	if g.NotResource {
		return fmt.Sprintf("%s: %s on all but %s", g.Function, g.Action, g.Resource)
	}
	return fmt.Sprintf("%s: %s on %s", g.Function, g.Action, g.Resource)
}

// Recorder remembers what functions need leave for.
type Recorder struct {
	mu    sync.Mutex
	calls map[string]map[awsproxy.Permission]int // by function
}

// Observe notes a call and lets it pass.
func (r *Recorder) Observe(c awsproxy.Call) awsproxy.Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		r.calls = map[string]map[awsproxy.Permission]int{}
	}
	if r.calls[c.Function] == nil {
		r.calls[c.Function] = map[awsproxy.Permission]int{}
	}
	for _, permission := range c.Permissions {
		r.calls[c.Function][permission]++
	}
	return awsproxy.None
}

// Report is what a comparison came to.
type Report struct {
	Functions, Grants, Calls int

	Missing      []string // was done, and no policy allows it
	Wildcards    []string // is allowed on everything
	Unused       []Grant  // is allowed and was not done
	Exceptions   map[Grant]string
	CallsByGrant map[Grant]int // how often each grant was used
}

// Compare holds what was seen against what is granted. A grant that was not
// used is excused by the first reason that covers it.
func (r *Recorder) Compare(all []Grant, exceptions []Exception) Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := Report{Functions: len(r.calls), Grants: len(all), Exceptions: map[Grant]string{}, CallsByGrant: map[Grant]int{}}
	missing := map[string]bool{}
	for function, permissions := range r.calls {
		for permission, times := range permissions {
			report.Calls += times
			allowed := false
			for _, g := range all {
				if g.Function == function && g.allows(permission) {
					allowed = true
					report.CallsByGrant[g] += times
				}
			}
			if !allowed {
				missing[fmt.Sprintf("%s: %s on %s", function, permission.Action, permission.Resource)] = true
			}
		}
	}
	report.Missing = slices.Sorted(maps.Keys(missing))
	for _, g := range all {
		if g.isWildcard() {
			report.Wildcards = append(report.Wildcards, g.String())
		}
		if report.CallsByGrant[g] > 0 {
			continue
		}
		if reason := exceptionFor(g, exceptions); reason != "" {
			report.Exceptions[g] = reason
			continue
		}
		report.Unused = append(report.Unused, g)
	}
	slices.SortFunc(report.Unused, func(a, b Grant) int { return cmp.Compare(a.String(), b.String()) })
	return report
}
