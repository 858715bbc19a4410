package main

import (
	"fmt"
	"os"

	"ticketsystem/localstack/testkit/report"
)

const (
	summaryPath = "docs/quality.md"
	pagesDir    = "docs/quality"
)

// section is what the report says about one check.
type section struct {
	check
	run     runInfo
	results []report.Result
}

// writeReport writes the summary and a page for each check, and prints the results.
func writeReport(all []check) error {
	var sections []section
	for _, c := range all {
		run, err := loadRun(c.name)
		if err != nil {
			return err
		}
		results, err := loadResults(c.name)
		if err != nil {
			return err
		}
		if len(results) == 0 {
			results = []report.Result{{Check: c.name, Name: c.title, Note: "Not run."}}
		}
		sections = append(sections, section{c, run, results})
	}
	if err := os.RemoveAll(pagesDir); err != nil { // of checks that no longer exist
		return err
	}
	if err := os.MkdirAll(pagesDir, 0o755); err != nil { //nolint:gosec // public documents
		return err
	}
	for _, s := range sections {
		if err := s.writePage(); err != nil {
			return err
		}
		s.print()
	}
	return writeFile(summaryPath, summary(sections))
}

func writeFile(path, text string) error {
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // a public document
}

func (s section) link() string { return fmt.Sprintf("[%s](quality/%s.md)", s.name, s.name) }

func (s section) passed() int {
	passed := 0
	for _, r := range s.results {
		if r.Pass {
			passed++
		}
	}
	return passed
}

func (s section) print() {
	for _, r := range s.results {
		fmt.Printf("%-15s %-44s %-40s %-30s %s\n", r.Check, r.Name, r.Value, r.Target, status(r))
	}
}

func status(r report.Result) string {
	switch {
	case r.Pass:
		return "pass"
	case r.At.IsZero():
		return "**not run**"
	default:
		return "**fail**"
	}
}
