package conformance

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/testkit/report"
)

// budgets gathers how the price list stands beside the design.
type budgets struct {
	total, budgeted, withinBudget, aboveGolden int
	overBudget                                 []report.Result
	table                                      strings.Builder
}

// add takes a line of the list.
func (b *budgets) add(c costCase, got cost) {
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
	b.overBudget = append(b.overBudget, report.Result{Check: "floors", Name: c.name, Value: got.String(), Target: c.budget, Note: overBudgetReason(c.name)})
}

// record hands the findings to the judge.
func (b *budgets) record(t *testing.T) {
	t.Helper()
	lines := append([]report.Result{
		{
			Name:  "operations at the price of the golden list, or below",
			Value: fmt.Sprintf("%d of %d", b.total-b.aboveGolden, b.total), Target: "all", Pass: b.aboveGolden == 0,
		},
		{
			Name:  "operations at the floor of the design, or below, of those it names",
			Value: fmt.Sprintf("%d of %d", b.withinBudget, b.budgeted), Target: "all", Pass: b.withinBudget == b.budgeted,
			Note: "Each that is above its floor has a line of its own.",
		},
	}, b.overBudget...)
	for _, l := range lines {
		l.Check = "floors"
		if l.Pass {
			l.Note = ""
		}
		must(t, report.Record(l))
	}
	must(t, report.Detail("floors", "What every operation costs: trips, read units, write units",
		"| Operation | Measured | Floor | Golden |\n|---|---|---|---|\n"+b.table.String()))
}

// overBudgetReason says why an operation costs more than the design's floor.
func overBudgetReason(name string) string {
	switch {
	case name == "entries, after (50)":
		return "A page from the middle reads the head first, which alone says whose ticket it is; and Persian takes two bytes a letter."
	case strings.Contains(name, "(") || strings.HasPrefix(name, "detail"):
		return "Units follow the size, and the texts are Persian, two bytes a letter."
	default:
		return ""
	}
}
