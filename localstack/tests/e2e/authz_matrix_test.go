package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// matrix collects the results of the requests.
type matrix struct {
	fixture *authzFixture
	rules   []rule

	mu             sync.Mutex
	statuses       map[string]map[string][]int // rule -> role -> status per resource
	notFoundBodies map[string]string           // rule and role -> body of a 404
	mismatches     []string                    // other status than in the rule
	leaks          []string                    // secrets in responses
	modified       []string                    // changes by rejected requests
}

// TestRoleMatrix sends every request of testdata/roles.md. Expected rejections come
// first and must change nothing. No response may contain other users' data, and a
// forbidden resource must look like a missing one.
func TestRoleMatrix(t *testing.T) {
	t.Parallel()
	m := &matrix{fixture: newAuthzFixture(t), rules: readRules(t), statuses: map[string]map[string][]int{}, notFoundBodies: map[string]string{}}
	for _, r := range m.rules {
		m.statuses[r.name] = map[string][]int{}
		for role := range r.want {
			m.statuses[r.name][role] = make([]int, len(r.resources))
		}
	}
	before := m.fixture.snapshot()
	m.run(func(want int) bool { return want >= 400 })
	m.modified = m.fixture.diff(before)
	m.run(func(want int) bool { return want < 400 })
	m.leaks = append(m.leaks, m.fixture.leakedFrames()...)

	if err := m.record(); err != nil {
		t.Error(err)
	}
	for _, what := range [][]string{m.mismatches, m.leaks, m.modified} {
		for _, line := range what {
			t.Error(line)
		}
	}
}

// run sends the requests whose expected status satisfies selected, with all roles in
// parallel.
func (m *matrix) run(kind func(want int) bool) {
	var roles sync.WaitGroup
	for _, role := range matrixRoles() {
		roles.Go(func() {
			for _, r := range m.rules {
				for i, resource := range r.resources {
					if want := r.want[role][i]; kind(want) {
						m.checkCell(cell{rule: r, role: role, resource: resource, want: want}, i)
					}
				}
			}
		})
	}
	roles.Wait()
}

// checkCell sends one request and checks the response.
func (m *matrix) checkCell(c cell, n int) {
	changes := c.want < 400 && !strings.HasPrefix(c.rule.route, "GET ")
	if changes {
		c.resourceID = m.fixture.newResource(c.rule.kind, c.role, c.resource)
	} else {
		c.resourceID = m.fixture.existing(c.rule.kind, c.role, c.resource)
	}
	call := m.fixture.call
	if strings.HasPrefix(c.rule.route, "socket ") {
		call = m.fixture.callSocket
	}
	response, err := call(c)
	if c.rule.route == "GET /me/export" && response.Status == http.StatusAccepted {
		response.Status = http.StatusOK // a job, because the user has much
	}
	what := fmt.Sprintf("%s: %s: %s", c.rule.name, c.role, c.resource)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.statuses[c.rule.name][c.role][n] = response.Status
	if err != nil || response.Status != c.want {
		m.mismatches = append(m.mismatches, fmt.Sprintf("%s: got %s (%v), want %d", what, response, err, c.want))
		return
	}
	text := string(response.Body) + fmt.Sprint(response.Header)
	for _, secret := range m.fixture.findLeaks(c.role, text) {
		m.leaks = append(m.leaks, fmt.Sprintf("%s: got %q in %s", what, secret, text))
	}
	if c.want == 404 && (c.resource == missingResource || isHidden(m.rules, c.rule.kind, c.role, c.resource)) {
		m.compare(what, c, response)
	}
}

// volatileFields matches the fields that differ between two equal responses.
var volatileFields = regexp.MustCompile(`"(requestId|instance|clientId)":"[^"]*"`)

// compare checks that a hidden resource and a missing one have equal responses.
func (m *matrix) compare(what string, c cell, response client.Response) {
	text := strings.ReplaceAll(volatileFields.ReplaceAllString(string(response.Body), ""), c.resourceID, "")
	key := c.rule.name + c.role
	if first, ok := m.notFoundBodies[key]; ok && first != text {
		m.leaks = append(m.leaks, fmt.Sprintf("%s: got %s, which differs from %s", what, text, first))
	}
	m.notFoundBodies[key] = text
}

// record writes the results to the quality report.
func (m *matrix) record() error {
	asked, refusals := 0, 0
	for _, r := range m.rules {
		for _, want := range r.want {
			asked += len(want)
			refusals += len(slices.DeleteFunc(slices.Clone(want), func(status int) bool { return status < 400 }))
		}
	}
	return errors.Join(
		report.Record(report.Result{
			Check: "authorization", Name: "responses as in the rules", Value: fmt.Sprintf("%d of %d", asked-len(m.mismatches), asked), Target: "all", Pass: len(m.mismatches) == 0,
			Note: fmt.Sprintf("%d rules for %d roles; one request per rule, role and resource.", len(m.rules), len(matrixRoles())),
		}),
		report.Record(report.Result{
			Check: "authorization", Name: "responses with data not for the caller", Value: strconv.Itoa(len(m.leaks)), Target: "0", Pass: len(m.leaks) == 0,
		}),
		report.Record(report.Result{
			Check: "authorization", Name: "resources changed by a rejected request", Value: fmt.Sprintf("%d in %d rejections", len(m.modified), refusals), Target: "0", Pass: len(m.modified) == 0,
		}),
		report.Detail("authorization", "Authorization matrix", m.table()),
	)
}

// table returns the statuses in the format of the rules.
func (m *matrix) table() string {
	var b strings.Builder
	kind := ""
	for _, r := range m.rules {
		if r.kind != kind {
			kind = r.kind
			heading := kind
			if list := strings.Join(r.resources, ", "); list != "" {
				heading += ": " + list
			}
			fmt.Fprintf(&b, "\n**%s**\n\n| | %s |\n|---%s|\n", heading, strings.Join(matrixRoles(), " | "), strings.Repeat("|---", len(matrixRoles())))
		}
		fmt.Fprintf(&b, "| %s |", r.name)
		for _, role := range matrixRoles() {
			got := slices.Clone(m.statuses[r.name][role])
			if len(slices.Compact(slices.Clone(got))) == 1 {
				got = got[:1]
			}
			fmt.Fprintf(&b, " %s |", strings.Trim(fmt.Sprint(got), "[]"))
		}
		b.WriteString("\n")
	}
	return b.String()
}
