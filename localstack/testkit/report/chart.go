package report

import (
	"fmt"
	"strings"
)

// Chart is a line chart in Mermaid's xychart syntax, which GitHub renders.
type Chart struct {
	Title, X, Y string   // title and axis labels
	Points      []string // labels of the X axis
	Series      []Series
}

// Series is one line of a chart, with a value for each point of the X axis.
type Series struct {
	Name   string
	Values []float64
}

// Markdown returns the chart as a fenced code block. An xychart has no legend, so
// the series are listed above it.
func (c Chart) Markdown() string {
	var names []string
	var lines strings.Builder
	for _, s := range c.Series {
		names = append(names, s.Name)
		values := make([]string, len(s.Values))
		for i, v := range s.Values {
			values[i] = fmt.Sprintf("%.4g", v)
		}
		fmt.Fprintf(&lines, "    line [%s]\n", strings.Join(values, ", "))
	}
	return fmt.Sprintf("Lines in this order: %s.\n\n```mermaid\nxychart-beta\n    title %q\n    x-axis %q [%s]\n    y-axis %q\n%s```\n",
		strings.Join(names, ", "), c.Title, c.X, strings.Join(c.Points, ", "), c.Y, lines.String())
}
