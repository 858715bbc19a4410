package conformance

import (
	"fmt"
	"strings"
	"testing"

	"ticketsystem/localstack/judge/verdict"
)

// floors gathers how the price list stands beside the design.
type floors struct {
	all, named, held, dearer int
	above                    []verdict.Line
	table                    strings.Builder
}

// add takes a line of the list.
func (f *floors) add(c cost, got price) {
	f.all++
	if got.trips > c.golden.trips || got.read > c.golden.read || got.write > c.golden.write {
		f.dearer++
	}
	fmt.Fprintf(&f.table, "| %s | %v | %s | %v |\n", c.name, got, c.floor, c.golden)
	if c.floor == "" {
		return
	}
	f.named++
	var floor price
	if _, err := fmt.Sscanf(c.floor, "%d / %g / %g", &floor.trips, &floor.read, &floor.write); err == nil &&
		got.trips <= floor.trips && got.read <= floor.read && got.write <= floor.write {
		f.held++
		return
	}
	f.above = append(f.above, verdict.Line{Item: "floors", Name: c.name, Figure: got.String(), Goal: c.floor, Cause: whyAbove(c.name)})
}

// record hands the findings to the judge.
func (f *floors) record(t *testing.T) {
	t.Helper()
	lines := append([]verdict.Line{
		{
			Name:   "operations at the price of the golden list, or below",
			Figure: fmt.Sprintf("%d of %d", f.all-f.dearer, f.all), Goal: "all", Holds: f.dearer == 0,
		},
		{
			Name:   "operations at the floor of the design, or below, of those it names",
			Figure: fmt.Sprintf("%d of %d", f.held, f.named), Goal: "all", Holds: f.held == f.named,
			Cause: "Each that is above its floor has a line of its own.",
		},
	}, f.above...)
	for _, l := range lines {
		l.Item = "floors"
		if l.Holds {
			l.Cause = ""
		}
		must(t, verdict.Record(l))
	}
	must(t, verdict.Detail("floors", "What every operation costs: trips, read units, write units",
		"| Operation | Measured | Floor | Golden |\n|---|---|---|---|\n"+f.table.String()))
}

// whyAbove says why an operation costs more than the design's floor.
func whyAbove(name string) string {
	switch {
	case name == "entries, after (50)":
		return "A page from the middle reads the head first, which alone says whose ticket it is; and Persian takes two bytes a letter."
	case strings.Contains(name, "(") || strings.HasPrefix(name, "detail"):
		return "Units follow the size, and the texts are Persian, two bytes a letter."
	default:
		return ""
	}
}
