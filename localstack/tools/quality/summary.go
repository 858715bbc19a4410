package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ticketsystem/localstack/testkit/report"
)

const maxCause = 300 // bytes of a cause in the summary; the check's page has all

// summary returns the page that has one row for each check and one for each result.
func summary(sections []section) string {
	var checks, results strings.Builder
	passed, total := 0, 0
	for _, s := range sections {
		fmt.Fprintf(&checks, "| %s | %s | %d of %d | %s | %s |\n", s.link(), s.title, s.passed(), len(s.results), minutes(s.run.Took), minutes(s.budget))
		passed, total = passed+s.passed(), total+len(s.results)
		for _, r := range s.results {
			fmt.Fprintf(&results, "| %s | %s | %s | %s | %s | %s |\n", s.link(), cell(r.Name), cell(r.Value), cell(r.Target), status(r), cause(r))
		}
	}
	return fmt.Sprintf("# Quality\n\n%s\n%d of %d results meet their target; the others have their cause.\n", origin(sections), passed, total) +
		"\n| Check | | Results that meet their target | Minutes | Budget |\n|---|---|---|---|---|\n" + checks.String() +
		"\n## Results\n\n| Check | | Measured | Target | | Cause |\n|---|---|---|---|---|---|\n" + results.String()
}

// origin says on which commit, when and where the results were measured.
func origin(sections []section) string {
	var commits []string
	var first time.Time
	var took time.Duration
	for _, s := range sections {
		took += s.run.Took
		if s.run.At.IsZero() {
			continue
		}
		if first.IsZero() || s.run.At.Before(first) {
			first = s.run.At
		}
		if !slices.Contains(commits, s.run.form()) {
			commits = append(commits, s.run.form())
		}
	}
	if len(commits) == 1 {
		return fmt.Sprintf("Written by `make quality`: %s, from %s, in %s minutes. Machine: %s.", commits[0], first.Format("2006-01-02 15:04 UTC"), minutes(took), hostInfo())
	}
	return fmt.Sprintf("Written by `make quality` from runs on %d commits or forms; the page of each check names its own. Machine: %s.", len(commits), hostInfo())
}

// minutes formats a duration, such as 12:05.
func minutes(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// cause returns why a result misses its target, shortened to one cell.
func cause(r report.Result) string {
	if r.Pass {
		return ""
	}
	note := cell(cmp.Or(r.Note, "not known"))
	if len(note) > maxCause {
		note = strings.ToValidUTF8(note[:maxCause], "") + "…"
	}
	return note
}

// cell returns a text that may stand in one cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
