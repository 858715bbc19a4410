package conformance

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/report"
)

// budgets compares the measured costs with the golden costs and the design's budgets.
type budgets struct {
	total, budgeted, withinBudget, aboveGolden int
	overBudget                                 []report.Result
	table                                      strings.Builder
}

// add adds the measured cost of one case and its calls.
func (b *budgets) add(c costCase, got cost, calls []string) {
	b.total++
	if got.roundTrips > c.golden.roundTrips || got.read > c.golden.read || got.write > c.golden.write {
		b.aboveGolden++
	}
	fmt.Fprintf(&b.table, "| %s | %v | %s | %v |\n", c.name, got, c.budget, c.golden)
	if c.budget == "" {
		return
	}
	b.budgeted++
	var budget cost
	if _, err := fmt.Sscanf(c.budget, "%d / %g / %g", &budget.roundTrips, &budget.read, &budget.write); err == nil &&
		got.roundTrips <= budget.roundTrips && got.read <= budget.read && got.write <= budget.write {
		b.withinBudget++
		return
	}
	b.overBudget = append(b.overBudget, report.Result{Check: "costs", Name: c.name, Value: got.String(), Target: c.budget, Note: fmt.Sprintf("Read and write units of its calls: %s. The texts are Persian, with two bytes a letter; infra/access-patterns.md has the sizes.", strings.Join(calls, ", "))})
}

// record writes the comparison to the quality report.
func (b *budgets) record(t *testing.T) {
	t.Helper()
	lines := append([]report.Result{
		{
			Name:  "operations at or below their golden cost",
			Value: fmt.Sprintf("%d of %d", b.total-b.aboveGolden, b.total), Target: "all", Pass: b.aboveGolden == 0,
		},
		{
			Name:  "operations at or below the design's budget, of those with a budget",
			Value: fmt.Sprintf("%d of %d", b.withinBudget, b.budgeted), Target: "all", Pass: b.withinBudget == b.budgeted,
			Note: "Each operation above its budget is listed.",
		},
	}, b.overBudget...)
	for _, l := range lines {
		l.Check = "costs"
		if l.Pass {
			l.Note = ""
		}
		must(t, report.Record(l))
	}
	must(t, report.Detail("costs", "Cost of every operation: round trips, read units, write units",
		"| Operation | Measured | Budget | Golden |\n|---|---|---|---|\n"+b.table.String()))
}
