package e2e

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ticketsystem/localstack/emulator/samtemplate"
	"ticketsystem/localstack/repo"
)

// Roles of the matrix, as in the table's columns.
const (
	roleAnonymous = "anonymous"
	roleCustomer  = "customer"
	roleOther     = "other customer"
	roleSupport   = "support"
	roleAdmin     = "admin"
	roleDisabled  = "disabled"
)

// Users whose rights changed. They have no columns: what they may do equals a column, see
// changedRoles.
const (
	roleDemoted   = "demoted assignee" // an agent with an assigned ticket, now a customer
	roleRemoved   = "removed customer" // uses the credentials from before
	roleNewHolder = "new holder"       // has the number that the customer had before
)

// tableRoles returns the roles that have a column.
func tableRoles() []string {
	return []string{roleAnonymous, roleCustomer, roleOther, roleSupport, roleAdmin, roleDisabled}
}

// changedRoles returns, for users whose rights changed, the role whose column applies to them.
func changedRoles() map[string]string {
	return map[string]string{roleDemoted: roleOther, roleNewHolder: roleOther, roleRemoved: roleDisabled}
}

func matrixRoles() []string { return append(tableRoles(), roleDemoted, roleRemoved, roleNewHolder) }

// rule is a row of the table: the status of a route for each role and resource.
type rule struct {
	name      string // the route and the variant of the request
	route     string // "GET /tickets/{id}", "socket ping"
	kind      string // of the resources, such as "A ticket"
	resources []string
	want      map[string][]int // role -> status per resource
}

// variantSeparator separates a route from the variant of the request.
const variantSeparator = " · "

// readRules reads the table of rules.
func readRules(t *testing.T) []rule {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "roles.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rules []rule
	var kind string
	var resources []string
	for n, line := range strings.Split(string(content), "\n") {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			name, list, listed := strings.Cut(heading, ": ")
			kind, resources = name, []string{""}
			if listed {
				resources = strings.Split(list, ", ")
			}
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !strings.HasPrefix(line, "| ") || cells[0] == "route" {
			continue
		}
		r := rule{name: cells[0], kind: kind, resources: resources, want: map[string][]int{}}
		r.route, _, _ = strings.Cut(r.name, variantSeparator)
		if err := r.parseCells(cells[1:]); err != nil {
			t.Fatalf("testdata/roles.md:%d: %v", n+1, err)
		}
		rules = append(rules, r)
	}
	return rules
}

// parseCells parses the cells of a row, one per role.
func (r rule) parseCells(cells []string) error {
	if len(cells) != len(tableRoles()) {
		return fmt.Errorf("%s: got %d cells, want one for each of %v", r.name, len(cells), tableRoles())
	}
	for i, role := range tableRoles() {
		words := strings.Fields(cells[i])
		if len(words) == 1 {
			words = slices.Repeat(words, len(r.resources))
		}
		if len(words) != len(r.resources) {
			return fmt.Errorf("%s: %s: got %q, want a status for each of %v", r.name, role, cells[i], r.resources)
		}
		for _, word := range words {
			status, err := strconv.Atoi(word)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", r.name, role, err)
			}
			r.want[role] = append(r.want[role], status)
		}
	}
	for role, base := range changedRoles() {
		r.want[role] = slices.Clone(r.want[base])
		if status, differs := map[string]int{"POST /login · own password" + roleRemoved: 401}[r.name+role]; differs {
			r.want[role] = slices.Repeat([]int{status}, len(r.resources))
		}
	}
	return nil
}

// isHidden reports whether a resource must look missing to a role: the first rule of
// its kind, which reads it, has 404.
func isHidden(rules []rule, kind, role, resource string) bool {
	for _, r := range rules {
		if i := slices.Index(r.resources, resource); r.kind == kind && i >= 0 {
			return r.want[role][i] == 404
		}
	}
	return false
}

// servedRoutes returns the HTTP routes and socket actions of the template.
func servedRoutes(t *testing.T) []string {
	t.Helper()
	stack, err := samtemplate.Load(filepath.Join(repo.MustRoot(), "template.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	stack.Attribute = func(resource *samtemplate.Resource, _ string) (any, error) { return resource.ID, nil } // nothing is deployed
	functions, err := stack.Functions()
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, f := range functions {
		for _, e := range f.Events {
			if e.Type == "HttpApi" {
				method, path := strings.ToUpper(samtemplate.String(e.Properties["Method"])), samtemplate.String(e.Properties["Path"])
				routes = append(routes, cmp.Or(method, "ANY")+" "+cmp.Or(path, "$default"))
			}
		}
	}
	sockets, err := stack.Resources("AWS::Serverless::WebSocketApi")
	if err != nil {
		t.Fatal(err)
	}
	for _, api := range sockets {
		properties, err := stack.Properties(api, "AccessLogSettings")
		if err != nil {
			t.Fatal(err)
		}
		for action := range samtemplate.Map(properties["Routes"]) {
			routes = append(routes, "socket "+action)
		}
	}
	if len(routes) == 0 {
		t.Fatal("the template has no routes")
	}
	return routes
}

// TestRoleMatrix_CoversAllRoutes checks that every route has a rule.
func TestRoleMatrix_CoversAllRoutes(t *testing.T) {
	t.Parallel()
	rules, served := readRules(t), servedRoutes(t)
	named := map[string]bool{}
	for _, r := range rules {
		if named[r.name] {
			t.Errorf("%s: listed twice", r.name)
		}
		named[r.name] = true
		if !slices.Contains(served, r.route) {
			t.Errorf("%s: is in testdata/roles.md, but not in template.yaml", r.route)
		}
	}
	for _, route := range served {
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.route == route }) {
			t.Errorf("%s: has no rule; add a row to testdata/roles.md", route)
		}
	}
}
