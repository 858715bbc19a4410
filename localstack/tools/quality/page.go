package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ticketsystem/localstack/testkit/report"
)

// writePage writes the page of one check: its run, its results, their notes and details.
func (s section) writePage() error {
	var page strings.Builder
	fmt.Fprintf(&page, "# %s\n\nCheck `%s` of the [quality report](../quality.md).", s.title, s.name)
	if !s.run.At.IsZero() {
		fmt.Fprintf(&page, " Run on %s, %s.", s.run.form(), s.run.At.Format("2006-01-02 15:04 UTC"))
	}
	if s.run.Took > 0 {
		fmt.Fprintf(&page, " It took %s minutes.", minutes(s.run.Took))
	}
	page.WriteString("\n\n| | Measured | Target | |\n|---|---|---|---|\n")
	var notes strings.Builder
	for _, r := range s.results {
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", cell(r.Name), cell(r.Value), cell(r.Target), status(r))
		if r.Note != "" {
			fmt.Fprintf(&notes, "- %s: %s\n", r.Name, r.Note)
		}
	}
	if notes.Len() > 0 {
		page.WriteString("\n" + notes.String())
	}
	details, err := filepath.Glob(filepath.Join(resultsDir, s.name, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range details {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(&page, "\n## %s\n\n%s\n", report.UnescapeName(strings.TrimSuffix(filepath.Base(file), ".md")), strings.TrimSpace(string(content)))
	}
	return writeFile(filepath.Join(pagesDir, s.name+".md"), page.String())
}
