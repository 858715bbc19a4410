// Package iamcheck compares the AWS calls of each function with its IAM policy. It
// reports missing, unused and wildcard permissions.
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
	Resource    string // an ARN pattern; * matches any text
	Key         string // a pattern of DynamoDB partition keys; empty for all
	NotResource bool   // the grant covers all other resources
	Attributes  string // all that an UpdateItem may name, which then returns nothing; empty for any
	Sender      string // of e-mail, after fromAddress; empty for any
}

// fromAddress begins the sender of a grant, so that a stack without a sender has one that matches
// no e-mail.
const fromAddress = "ses:FromAddress="

// Grants returns the permissions of the policies in the template. It omits those that
// SAM adds for logs and event sources, which Lambda itself uses.
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
				return nil, fmt.Errorf("template: resource %s: a policy without statements is not supported: %v", r.ID, policy)
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

// parseStatement returns the grants of a policy statement.
func parseStatement(function string, statement map[string]any) ([]Grant, error) {
	keys, attributes, sender := []string{""}, "", ""
	condition := samtemplate.Map(statement["Condition"])
	if from, ok := samtemplate.Map(condition["StringEquals"])["ses:FromAddress"]; ok && len(condition) == 1 {
		sender = fromAddress + samtemplate.String(from)
	} else if condition != nil {
		keys = samtemplate.Strings(samtemplate.Map(condition["ForAllValues:StringLike"])["dynamodb:LeadingKeys"])
		attributes = strings.Join(samtemplate.Strings(samtemplate.Map(condition["ForAllValues:StringEquals"])["dynamodb:Attributes"]), " ")
		returns := samtemplate.String(samtemplate.Map(condition["StringEqualsIfExists"])["dynamodb:ReturnValues"])
		if len(keys) == 0 || len(condition) != 1 && (len(condition) != 3 || attributes == "" || returns != "NONE") {
			return nil, fmt.Errorf("the only supported conditions are ses:FromAddress, or dynamodb:LeadingKeys, and with it dynamodb:Attributes and dynamodb:ReturnValues: %v", statement)
		}
	}
	if samtemplate.String(statement["Effect"]) != "Allow" {
		return nil, fmt.Errorf("only Allow statements are supported: %v", statement)
	}
	var all []Grant
	for _, action := range samtemplate.Strings(statement["Action"]) {
		for _, resource := range samtemplate.Strings(statement["Resource"]) {
			for _, key := range keys {
				all = append(all, Grant{Function: function, Action: action, Resource: normalizeResource(resource), Key: key, Attributes: attributes, Sender: sender})
			}
		}
		for _, resource := range samtemplate.Strings(statement["NotResource"]) {
			all = append(all, Grant{Function: function, Action: action, Resource: normalizeResource(resource), NotResource: true})
		}
	}
	return all, nil
}

// normalizeResource replaces the id of the WebSocket API by the local one.
func normalizeResource(resource string) string {
	return regexp.MustCompile(`^(arn:aws:execute-api:[^:]*:[^:]*:)[^/]*/`).ReplaceAllString(resource, "${1}local/")
}

// allows reports whether the grant covers a permission.
func (g Grant) allows(permission awsproxy.Permission) bool {
	return g.Action == permission.Action && matchARN(g.Resource, permission.Resource) != g.NotResource &&
		(g.Key == "" || matchARN(g.Key, permission.LeadingKey)) && (g.Attributes == "" || g.allowsUpdate(permission)) &&
		(g.Sender == "" || g.Sender == fromAddress+permission.Sender)
}

// allowsUpdate reports whether an update names no other attributes and returns nothing.
func (g Grant) allowsUpdate(permission awsproxy.Permission) bool {
	allowed := strings.Fields(g.Attributes)
	foreign := func(name string) bool { return !slices.Contains(allowed, name) }
	return !slices.ContainsFunc(strings.Fields(permission.Attributes), foreign) && (permission.ReturnValues == "" || permission.ReturnValues == "NONE")
}

// matchARN reports whether an ARN matches a pattern. As in IAM, * also matches
// slashes.
func matchARN(pattern, resource string) bool {
	slashless := strings.NewReplacer("/", "\x01", "[", "\x02", "]", "\x03", `\`, "\x04")
	ok, err := path.Match(slashless.Replace(pattern), slashless.Replace(resource))
	return ok && err == nil
}

// IsWildcard reports whether a grant covers all actions, all resources, all items of the table,
// or all senders of e-mail.
func (g Grant) IsWildcard() bool { return g.coversAll() || g.lacksKey() || g.lacksSender() }

func (g Grant) coversAll() bool {
	parts := strings.SplitN(g.Resource, ":", 6)
	return strings.Contains(g.Action, "*") || len(parts) < 6 || strings.Trim(parts[5], "*/") == "" && !g.NotResource
}

func (g Grant) lacksKey() bool {
	return strings.HasPrefix(g.Action, "dynamodb:") && g.Key == "" && !hasOpenKeys(g.Resource)
}

func (g Grant) lacksSender() bool {
	return strings.HasSuffix(g.Resource, ":identity/*") && g.Sender == ""
}

// IsWrite reports whether a DynamoDB action changes items.
func IsWrite(action string) bool {
	return !slices.Contains([]string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"}, action)
}

func (g Grant) String() string {
	if g.NotResource {
		return fmt.Sprintf("%s: %s on all except %s", g.Function, g.Action, g.Resource)
	}
	return strings.TrimSpace(strings.TrimSpace(fmt.Sprintf("%s: %s on %s %s", g.Function, g.Action, g.Resource, g.Key)) + " " + g.Attributes + g.Sender)
}

// Recorder records the permissions that functions use.
type Recorder struct {
	mu    sync.Mutex
	calls map[string]map[awsproxy.Permission]int // by function
}

// Observe records a call and injects no fault.
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
		permission.LeadingKey = keyPattern(permission)
		r.calls[c.Function][permission]++
	}
	return awsproxy.None
}

// Report is the result of a comparison.
type Report struct {
	Functions, Grants, Calls int

	Missing      []string // used but not allowed
	Wildcards    []string // allowed on everything
	Unused       []Grant  // allowed but not used
	Exceptions   map[Grant]string
	CallsByGrant map[Grant]int // calls that used each grant
}

// used reports whether a grant was used. The actions that read, and those that write, share
// their keys (see spread), so an action and a key may have been used apart, or have an
// exception.
func (r Report) used(g Grant, all []Grant, exceptions []Exception) bool {
	var action, key bool
	for _, other := range all {
		if other.Function != g.Function || other.Resource != g.Resource || other == g && r.CallsByGrant[g] == 0 {
			continue
		}
		if r.CallsByGrant[other] > 0 || other.Key != "" && exceptionFor(other, exceptions) != "" {
			action = action || other.Action == g.Action
			key = key || other.Key == g.Key
		}
	}
	return action && key
}

// Compare compares the recorded calls with the grants. The first matching exception
// applies to an unused grant.
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
				missing[Grant{Function: function, Action: permission.Action, Resource: permission.Resource, Key: permission.LeadingKey, Attributes: permission.Attributes}.String()] = true
			}
		}
	}
	report.Missing = slices.Sorted(maps.Keys(missing))
	for _, g := range all {
		if g.IsWildcard() {
			report.Wildcards = append(report.Wildcards, g.String())
		}
		if report.used(g, all, exceptions) {
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
