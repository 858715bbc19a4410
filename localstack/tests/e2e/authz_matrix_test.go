package e2e

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ticketsystem/localstack/testkit/client"
	"ticketsystem/localstack/testkit/report"
)

// matrix is what came of asking.
type matrix struct {
	fixture *authzFixture
	rules   []rule

	mu             sync.Mutex
	statuses       map[string]map[string][]int // rule -> role -> status for each thing
	notFoundBodies map[string]string           // rule and role -> how a 404 looks
	mismatches     []string                    // not as decided
	leaks          []string                    // told what is not to be told
	modified       []string                    // by who was refused
}

// TestRoleMatrix asks every question of testdata/roles.md. First those that are
// to be refused: what they could have changed must be as it was. Then the rest.
// Whatever is answered, nobody comes to see what is not theirs, and what they
// may not see looks like what is not there.
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

// run asks the questions whose answer is to be of a kind, the roles side by side.
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

// checkCell asks one question and looks at the answer.
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
	answer, err := call(c)
	what := fmt.Sprintf("%s: %s: %s", c.rule.name, c.role, c.resource)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.statuses[c.rule.name][c.role][n] = answer.Status
	if err != nil || answer.Status != c.want {
		m.mismatches = append(m.mismatches, fmt.Sprintf("%s: got %s (%v), want %d", what, answer, err, c.want))
		return
	}
	text := string(answer.Body) + fmt.Sprint(answer.Header)
	for _, secret := range m.fixture.findLeaks(c.role, text) {
		m.leaks = append(m.leaks, fmt.Sprintf("%s: got %q in %s", what, secret, text))
	}
	if c.want == 404 && (c.resource == missingResource || isHidden(m.rules, c.rule.kind, c.role, c.resource)) {
		m.compare(what, c, answer)
	}
}

// volatileFields is what differs between two answers that say the same.
var volatileFields = regexp.MustCompile(`"(requestId|instance|clientId)":"[^"]*"`)

// compare wants what may not be seen to look like what is not there.
func (m *matrix) compare(what string, c cell, answer client.Response) {
	text := strings.ReplaceAll(volatileFields.ReplaceAllString(string(answer.Body), ""), c.resourceID, "")
	key := c.rule.name + c.role
	if first, ok := m.notFoundBodies[key]; ok && first != text {
		m.leaks = append(m.leaks, fmt.Sprintf("%s: got %s, which tells it from %s", what, text, first))
	}
	m.notFoundBodies[key] = text
}

// record tells the judge.
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
			Check: "roles", Name: "answers as decided", Value: fmt.Sprintf("%d of %d", asked-len(m.mismatches), asked), Target: "all", Pass: len(m.mismatches) == 0,
			Note: fmt.Sprintf("%d rules for %d roles; each thing that a rule is about is a question.", len(m.rules), len(matrixRoles())),
		}),
		report.Record(report.Result{
			Check: "roles", Name: "answers that tell what is not for the caller", Value: strconv.Itoa(len(m.leaks)), Target: "0", Pass: len(m.leaks) == 0,
		}),
		report.Record(report.Result{
			Check: "roles", Name: "things that a refused caller changed", Value: fmt.Sprintf("%d in %d refusals", len(m.modified), refusals), Target: "0", Pass: len(m.modified) == 0,
		}),
		report.Detail("roles", "Who gets what", m.table()),
	)
}

// table shows the answers as the decisions are written.
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
