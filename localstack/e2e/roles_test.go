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

	"ticketsystem/localstack/client"
	"ticketsystem/localstack/judge/verdict"
)

// matrix is what came of asking.
type matrix struct {
	w     *world
	rules []rule

	mu       sync.Mutex
	answered map[string]map[string][]int // rule -> role -> status for each thing
	hidden   map[string]string           // rule and role -> how a 404 looks
	wrong    []string                    // not as decided
	leaks    []string                    // told what is not to be told
	changed  []string                    // by who was refused
}

// TestRoleMatrix asks every question of testdata/roles.md. First those that are
// to be refused: what they could have changed must be as it was. Then the rest.
// Whatever is answered, nobody comes to see what is not theirs, and what they
// may not see looks like what is not there.
func TestRoleMatrix(t *testing.T) {
	t.Parallel()
	m := &matrix{w: newWorld(t), rules: readRules(t), answered: map[string]map[string][]int{}, hidden: map[string]string{}}
	for _, r := range m.rules {
		m.answered[r.name] = map[string][]int{}
		for role := range r.want {
			m.answered[r.name][role] = make([]int, len(r.things))
		}
	}
	before := m.w.state()
	m.round(func(want int) bool { return want >= 400 })
	m.changed = m.w.changes(before)
	m.round(func(want int) bool { return want < 400 })
	m.leaks = append(m.leaks, m.w.overheard()...)

	if err := m.record(); err != nil {
		t.Error(err)
	}
	for _, what := range [][]string{m.wrong, m.leaks, m.changed} {
		for _, line := range what {
			t.Error(line)
		}
	}
}

// round asks the questions whose answer is to be of a kind, the roles side by side.
func (m *matrix) round(kind func(want int) bool) {
	var roles sync.WaitGroup
	for _, role := range matrixRoles() {
		roles.Go(func() {
			for _, r := range m.rules {
				for i, thing := range r.things {
					if want := r.want[role][i]; kind(want) {
						m.cell(cell{rule: r, role: role, thing: thing, want: want}, i)
					}
				}
			}
		})
	}
	roles.Wait()
}

// cell asks one question and looks at the answer.
func (m *matrix) cell(c cell, n int) {
	changes := c.want < 400 && !strings.HasPrefix(c.rule.route, "GET ")
	if changes {
		c.id = m.w.fresh(c.rule.kind, c.role, c.thing)
	} else {
		c.id = m.w.standing(c.rule.kind, c.role, c.thing)
	}
	ask := m.w.ask
	if strings.HasPrefix(c.rule.route, "socket ") {
		ask = m.w.askSocket
	}
	answer, err := ask(c)
	what := fmt.Sprintf("%s: %s: %s", c.rule.name, c.role, c.thing)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answered[c.rule.name][c.role][n] = answer.Status
	if err != nil || answer.Status != c.want {
		m.wrong = append(m.wrong, fmt.Sprintf("%s: got %s (%v), want %d", what, answer, err, c.want))
		return
	}
	text := string(answer.Body) + fmt.Sprint(answer.Header)
	for _, secret := range m.w.leaks(c.role, text) {
		m.leaks = append(m.leaks, fmt.Sprintf("%s: got %q in %s", what, secret, text))
	}
	if c.want == 404 && (c.thing == missingThing || invisible(m.rules, c.rule.kind, c.role, c.thing)) {
		m.compare(what, c, answer)
	}
}

// accidental is what differs between two answers that say the same.
var accidental = regexp.MustCompile(`"(requestId|instance|clientId)":"[^"]*"`)

// compare wants what may not be seen to look like what is not there.
func (m *matrix) compare(what string, c cell, answer client.Answer) {
	text := strings.ReplaceAll(accidental.ReplaceAllString(string(answer.Body), ""), c.id, "")
	key := c.rule.name + c.role
	if first, ok := m.hidden[key]; ok && first != text {
		m.leaks = append(m.leaks, fmt.Sprintf("%s: got %s, which tells it from %s", what, text, first))
	}
	m.hidden[key] = text
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
		verdict.Record(verdict.Line{
			Item: "roles", Name: "answers as decided", Figure: fmt.Sprintf("%d of %d", asked-len(m.wrong), asked), Goal: "all", Holds: len(m.wrong) == 0,
			Cause: fmt.Sprintf("%d rules for %d roles; each thing that a rule is about is a question.", len(m.rules), len(matrixRoles())),
		}),
		verdict.Record(verdict.Line{
			Item: "roles", Name: "answers that tell what is not for the caller", Figure: strconv.Itoa(len(m.leaks)), Goal: "0", Holds: len(m.leaks) == 0,
		}),
		verdict.Record(verdict.Line{
			Item: "roles", Name: "things that a refused caller changed", Figure: fmt.Sprintf("%d in %d refusals", len(m.changed), refusals), Goal: "0", Holds: len(m.changed) == 0,
		}),
		verdict.Detail("roles", "Who gets what", m.table()),
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
			if list := strings.Join(r.things, ", "); list != "" {
				heading += ": " + list
			}
			fmt.Fprintf(&b, "\n**%s**\n\n| | %s |\n|---%s|\n", heading, strings.Join(matrixRoles(), " | "), strings.Repeat("|---", len(matrixRoles())))
		}
		fmt.Fprintf(&b, "| %s |", r.name)
		for _, role := range matrixRoles() {
			got := slices.Clone(m.answered[r.name][role])
			if len(slices.Compact(slices.Clone(got))) == 1 {
				got = got[:1]
			}
			fmt.Fprintf(&b, " %s |", strings.Trim(fmt.Sprint(got), "[]"))
		}
		b.WriteString("\n")
	}
	return b.String()
}
